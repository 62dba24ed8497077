import { JobsError, messageOf } from '../errors.ts'
import type { Job, JobSchedule, Manifest, ManifestProblem } from '../manifest/job.ts'
import { scheduleKey } from '../manifest/schedule-key.ts'
import { parseSchedule } from '../schedule/index.ts'
import type { JobModules } from './job-module.ts'
import type { CodeSchedule } from './meta.ts'

/**
 * The manifest with what the modules' `meta()` declare added to it. `named`: the jobs whose modules may have one; no
 * other module is imported. What fails names the job and its file, and leaves the other jobs alone.
 */
export async function withCodeSchedules(
  manifest: Manifest,
  modules: JobModules,
  named: ReadonlySet<string>,
): Promise<Manifest> {
  if (!manifest.jobs.some(({ name }) => named.has(name))) return manifest
  const problems: ManifestProblem[] = [...manifest.problems]
  const jobs = await Promise.all(
    manifest.jobs.map(async (job) => (named.has(job.name) ? declared(job, modules, problems) : job)),
  )
  return { ...manifest, jobs, problems }
}

async function declared(job: Job, modules: JobModules, problems: ManifestProblem[]): Promise<Job> {
  try {
    const module = await modules.load(job.name)
    const schedules = [...job.schedules]
    for (const given of module.schedules()) {
      const schedule = scheduleOf(job, given)
      if (schedules.some(({ key }) => key === schedule.key)) {
        problems.push(
          problemOf(
            job,
            `meta(): "${schedule.text}" is declared twice`,
            'remove one, or give them different arguments',
          ),
        )
        continue
      }
      if (schedule.problem !== null)
        problems.push(problemOf(job, `meta(): ${schedule.problem}`, 'the job runs by its other schedules'))
      schedules.push(schedule)
    }
    return { ...job, schedules }
  } catch (error) {
    const hint = error instanceof JobsError ? error.hint : 'the schedules that it declares are unknown until it works'
    problems.push(problemOf(job, `meta() of src/backend/jobs/${job.name} failed: ${messageOf(error)}`, hint))
    return job
  }
}

function scheduleOf(job: Job, { expression, timezone = job.timezone, args }: CodeSchedule): JobSchedule {
  const key = scheduleKey(job.name, { text: expression, timezone, args })
  return { text: expression, expression, timezone, args, origin: 'code', key, problem: faultOf(expression, timezone) }
}

function faultOf(expression: string, timezone: string): string | null {
  try {
    parseSchedule(expression, { timezone })
    return null
  } catch (error) {
    return `"${expression}": ${messageOf(error)}`
  }
}

function problemOf(job: Job, message: string, hint: string | undefined): ManifestProblem {
  return { severity: 'error', code: 'META', job: job.name, path: `src/backend/jobs/${job.name}`, message, hint }
}
