import { CronSchedule } from './cron-schedule.ts'
import { parseSchedule } from './parse.ts'
import type { CronPlan } from './plan.ts'
import type { Schedule } from './schedule.ts'
import { zoneOf } from './zone.ts'

/** What a cron expression comes to, as plain data that may be kept as JSON; null for the other forms. Throws ScheduleError. */
export function planOf(expression: string): CronPlan | null {
  const schedule = parseSchedule(expression)
  return schedule instanceof CronSchedule ? schedule.plan : null
}

/** The schedule of an expression whose plan is known: it isn't read again. Throws ScheduleError for an unknown zone. */
export function plannedSchedule(expression: string, plan: CronPlan, timezone: string): Schedule {
  return new CronSchedule(expression, plan, zoneOf(timezone))
}
