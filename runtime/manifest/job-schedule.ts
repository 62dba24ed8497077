import { parseSchedule, plannedSchedule } from '../schedule/parse.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { hexHash } from '../support/hash.ts'
import { canonicalJson, type JsonValue } from '../support/json.ts'
import type { CronPlans, JobSchedule } from './types.ts'

/** What is known of a schedule beside what the manifest says. */
export interface KnownOfSchedule {
  /** What a rate counts from, ms since the epoch, where a store knows it; default: the epoch. Other kinds have none. */
  readonly anchor?: number | undefined
  /** Expressions that the build has read (Manifest.plans): they aren't parsed again. */
  readonly plans?: CronPlans | undefined
}

/** A job's schedule, parsed, in its own zone. Throws ScheduleError. */
export function openSchedule(
  { expression, timezone }: Pick<JobSchedule, 'expression' | 'timezone'>,
  { anchor, plans }: KnownOfSchedule = {},
): Schedule {
  const plan = plans !== undefined && Object.hasOwn(plans, expression) ? plans[expression] : undefined
  if (plan !== undefined) return plannedSchedule(expression, plan, timezone)
  return parseSchedule(expression, anchor === undefined ? { timezone } : { timezone, anchor: new Date(anchor) })
}

/**
 * The key under which the store keeps a series of fires: 16 hexadecimal digits over the job's name, the schedule's text
 * and zone, and the canonical JSON of its arguments, all as written (before `${NAME}` is filled in), so that the key
 * depends on the manifest alone and not on the machine. It may never change for the same input: a changed key is a new
 * series of fires, which starts at now.
 */
export function scheduleKey(
  job: string,
  schedule: { readonly text: string; readonly timezone: string; readonly args: readonly JsonValue[] },
): string {
  return hexHash(`${job}\n${schedule.text}\n${schedule.timezone}\n${canonicalJson(schedule.args)}`)
}
