import { canonicalJson, type JsonValue } from '../support/json.ts'
import type { Job } from './types.ts'

/** Arguments that a job gets from one of its schedules. */
export interface ScheduleArguments {
  /** The schedule as written. */
  readonly schedule: string
  readonly args: readonly JsonValue[]
}

/**
 * The different arguments of a job's schedules, where the job itself has none: a run by hand has to take one of
 * them. Empty for every other job.
 */
export function scheduleArguments({ args, schedules }: Pick<Job, 'args' | 'schedules'>): ScheduleArguments[] {
  if (args.length > 0 || schedules.every((schedule) => schedule.args.length === 0)) return []
  const byArguments = new Map<string, ScheduleArguments>()
  for (const schedule of schedules) {
    const key = canonicalJson(schedule.args)
    if (!byArguments.has(key)) byArguments.set(key, { schedule: schedule.text, args: schedule.args })
  }
  return [...byArguments.values()]
}
