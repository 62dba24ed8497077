import { defaultJob, type Job, type JobSchedule, scheduleKey } from '../../runtime/manifest/index.ts'
import type { JsonValue } from '../../runtime/support/json.ts'

/** A job as the manifest would give it: `schedules` are expressions, the rest overrides the defaults. */
export function jobWith(name: string, schedules: readonly string[] = [], overrides: Partial<Job> = {}): Job {
  const job = { ...defaultJob(name), ...overrides }
  return { ...job, schedules: schedules.map((text) => scheduleOf(name, text, job.timezone)) }
}

export function scheduleOf(job: string, text: string, timezone = 'UTC', args: readonly JsonValue[] = []): JobSchedule {
  const key = scheduleKey(job, { text, timezone, args })
  return { text, expression: text, timezone, args, origin: 'manifest', key, problem: null }
}
