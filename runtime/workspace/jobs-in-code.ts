import type { JobContext } from '../job/job-context.ts'
import { type JobModule, JobModuleError, type JobModules, jobModuleFrom } from '../job/job-module.ts'
import type { BackgroundJobShape } from '../job/job-object.ts'
import { DEFAULT_SETTINGS, type Manifest, problemText } from '../manifest/index.ts'
import type { ManifestJob } from '../manifest/manifest-job.ts'
import type { SchedulerSettings } from '../manifest/types.ts'
import type { Env } from '../support/env.ts'
import { JobsError } from '../support/errors.ts'
import { withCodeSchedules } from './code-schedules.ts'

/**
 * A job in code: a name, the keys that its entry in the manifest would have, and its code, either `run`, a function of
 * the context, or `job`, an object that `defineJob` returned.
 */
export type JobDefinition = ManifestJob &
  (
    | { run(context: JobContext): unknown; readonly job?: never }
    | { readonly job: BackgroundJobShape; readonly run?: never }
  )

/** The manifest and the modules of jobs in code. Throws a JobsError for the first error that it finds. */
export async function readJobsInCode(
  given: readonly JobDefinition[],
  settings: Partial<SchedulerSettings>,
  env: Env,
): Promise<{ manifest: Manifest; modules: JobModules }> {
  const modules = modulesOf(given)
  const entries = given.map(({ run: _run, job: _job, ...entry }) => entry)
  // The one reader of manifests reads these too, so that defaults, checks and messages are the same.
  const { readManifestText } = await import('../manifest/parse/parse-manifest.ts')
  const timezone = settings.timezone ?? DEFAULT_SETTINGS.timezone
  const text = JSON.stringify({ webstir: { module: { jobs: entries }, scheduler: { timezone } } })
  const read = await readManifestText(process.cwd(), text, env)
  const plain: Manifest = { ...read, settings: { ...read.settings, ...settings } }
  const broken = plain.problems.find(({ severity }) => severity === 'error')
  if (broken !== undefined) {
    const message = problemText(broken).replace('package.json: webstir.module.', '')
    throw new JobsError('JOBS_IN_CODE', message, { hint: broken.hint ?? 'see the manifest reference' })
  }
  const withMeta = given.filter(({ job }) => job?.meta !== undefined)
  const sources = new Map(withMeta.map(({ name }) => [name, labelOf(name)]))
  // An error in a meta() stops that job's schedules alone; the scheduler logs it at start.
  return { manifest: await withCodeSchedules(plain, modules, sources), modules }
}

const labelOf = (name: string): string => `the job "${name}" in code`

function modulesOf(given: readonly JobDefinition[]): JobModules {
  // Read at once: a job without code is refused here, not recorded as a failure of each of its fires.
  const byName = new Map(given.map((job) => [job.name, moduleOf(job)]))
  return {
    async load(name) {
      const found = byName.get(name)
      if (found === undefined) throw new JobModuleError('JOB_MODULE_MISSING', `there is no job "${name}"`)
      return found
    },
  }
}

function moduleOf({ name, run, job }: JobDefinition): JobModule {
  const exports = { ...(run === undefined ? {} : { run }), ...(job === undefined ? {} : { default: job }) }
  return jobModuleFrom(name, exports, labelOf(name))
}
