import { parseSchedule, plannedSchedule } from '../schedule/parse.ts'
import type { Schedule } from '../schedule/schedule.ts'
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
 * series of fires, which starts at now. No cryptography is needed, and loading node:crypto would cost a listing 3 ms
 * (`npm run bench -- startup`): this is cyrb53's mixing (two multiplicative 32-bit lanes) with both lanes kept whole,
 * 64 bits.
 */
export function scheduleKey(
  job: string,
  schedule: { readonly text: string; readonly timezone: string; readonly args: readonly JsonValue[] },
): string {
  const text = `${job}\n${schedule.text}\n${schedule.timezone}\n${canonicalJson(schedule.args)}`
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return hex(b) + hex(a)
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0')
