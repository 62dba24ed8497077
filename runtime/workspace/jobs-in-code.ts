import type { JobContext } from '../job/job-context.ts'
import { JobModuleError, type JobModules, jobModuleFrom } from '../job/job-module.ts'
import type { BackgroundJobShape } from '../job/job-object.ts'
import { DEFAULT_SETTINGS, type Manifest, problemText } from '../manifest/index.ts'
import type { SchedulerSettings } from '../manifest/types.ts'
import type { Env } from '../support/env.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { withCodeSchedules } from './code-schedules.ts'

/** A job that is handed over as code, with the keys that its entry in the manifest would have. */
export interface JobInCode {
  readonly name: string
  /** As in the manifest: an expression, or an array of expressions and `{ schedule, timezone, args }`. */
  readonly schedule?: JsonValue
  /** Either a function of the context, or `job`: an object with `run`, and `meta` if it likes. */
  readonly run?: (context: JobContext) => unknown
  readonly job?: BackgroundJobShape
  /** Further keys of the manifest: timezone, overlap, retry, timeout, ... */
  readonly [policy: string]: unknown
}

/** The manifest and the modules of jobs in code. Throws a JobsError that names the first thing that is wrong. */
export async function readJobsInCode(
  given: readonly JobInCode[],
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
  const sources = new Map(withMeta.map(({ name }) => [name, placeOf(name)]))
  // What is wrong with a meta() stops that job's schedules alone; whoever starts them tells of it.
  return { manifest: await withCodeSchedules(plain, modules, sources), modules }
}

const placeOf = (name: string): string => `the job "${name}" in code`

function modulesOf(given: readonly JobInCode[]): JobModules {
  const byName = new Map(given.map((job) => [job.name, job]))
  return {
    async load(name) {
      const found = byName.get(name)
      if (found === undefined) throw new JobModuleError('JOB_MODULE_MISSING', `there is no job "${name}"`)
      const exports = {
        ...(found.run === undefined ? {} : { run: found.run }),
        ...(found.job === undefined ? {} : { default: found.job }),
      }
      return jobModuleFrom(name, exports, placeOf(name))
    },
  }
}
