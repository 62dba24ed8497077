import type { JobModules } from '../job/job-module.ts'
import type { CodeSchedule } from '../job/job-object.ts'
import { openSchedule, scheduleKey } from '../manifest/job-schedule.ts'
import type { ManifestProblem } from '../manifest/problems.ts'
import type { Job, JobSchedule, Manifest } from '../manifest/types.ts'
import { ScheduleError } from '../schedule/index.ts'
import { JobsError, messageOf } from '../support/errors.ts'

/**
 * The manifest with what the modules' `meta()` declare added to it. `sources`: the jobs whose modules may have one, and
 * the file of each; no other module is imported. What fails names the job and its file, and leaves the others alone.
 */
export async function withCodeSchedules(
  manifest: Manifest,
  modules: JobModules,
  sources: ReadonlyMap<string, string>,
): Promise<Manifest> {
  if (!manifest.jobs.some(({ name }) => sources.has(name))) return manifest
  const read = await Promise.all(
    manifest.jobs.map(async (job) => {
      const file = sources.get(job.name)
      return file === undefined ? { job, problems: [] } : declared(job, file, modules)
    }),
  )
  return {
    ...manifest,
    jobs: read.map(({ job }) => job),
    problems: [...manifest.problems, ...read.flatMap(({ problems }) => problems)],
  }
}

interface Declared {
  readonly job: Job
  readonly problems: readonly ManifestProblem[]
}

async function declared(job: Job, file: string, modules: JobModules): Promise<Declared> {
  let given: readonly CodeSchedule[]
  try {
    given = (await modules.load(job.name)).schedules()
  } catch (error) {
    const hint = (error instanceof JobsError ? error.hint : undefined) ?? 'until it works, what it declares is unknown'
    return { job, problems: [problemOf(job, file, 'META', `meta() failed: ${messageOf(error)}`, hint)] }
  }
  const schedules = [...job.schedules]
  const problems: ManifestProblem[] = []
  for (const each of given) {
    const { schedule, hint } = scheduleOf(job, each)
    const isTwin = schedules.some(({ key }) => key === schedule.key)
    const fault = isTwin ? `"${schedule.text}" with these arguments is declared already` : schedule.problem
    if (fault === null) {
      schedules.push(schedule)
      continue
    }
    // Kept with its problem, so that listings show it; it never fires.
    schedules.push({ ...schedule, problem: fault })
    const code = isTwin ? 'DUPLICATE_SCHEDULE' : 'SCHEDULE'
    const advice = isTwin ? 'remove one, or give them different arguments' : hint
    problems.push(problemOf(job, file, code, `meta(): ${fault}`, advice))
  }
  return { job: { ...job, schedules }, problems }
}

function scheduleOf(
  job: Job,
  { expression, timezone = job.timezone, args }: CodeSchedule,
): { schedule: JobSchedule; hint: string | undefined } {
  const key = scheduleKey(job.name, { text: expression, timezone, args })
  const schedule = { text: expression, expression, timezone, args, origin: 'code', key } as const
  try {
    openSchedule(schedule)
    return { schedule: { ...schedule, problem: null }, hint: undefined }
  } catch (error) {
    const problem = `"${expression}": ${messageOf(error)}`
    return { schedule: { ...schedule, problem }, hint: error instanceof ScheduleError ? error.hint : undefined }
  }
}

function problemOf(
  job: Job,
  file: string,
  code: ManifestProblem['code'],
  message: string,
  hint: string | undefined,
): ManifestProblem {
  return { severity: 'error', code, job: job.name, path: file, message, hint }
}
