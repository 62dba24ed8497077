import { AtSchedule } from './at-schedule.ts'
import {
  bitsOf,
  daysOfMonthText,
  daysOfWeekText,
  minutesOf,
  monthName,
  ranged,
  secondsOf,
  stepPhrase,
} from './cron/describe.ts'
import { type CronFields, cronFieldsOf, readCron } from './cron/parser.ts'
import type { CronPlan } from './cron/plan.ts'
import type { FieldScanner } from './cron/scanner.ts'
import { CronSchedule } from './cron/schedule.ts'
import { type DaylightEffect, daylightEffects } from './dst-transitions.ts'
import type { FieldName } from './errors.ts'
import { RateSchedule } from './rate-schedule.ts'
import type { Schedule, ScheduleKind } from './schedule.ts'

export interface FieldExplanation {
  readonly field: FieldName | 'interval' | 'instant'
  /** As written. */
  readonly text: string
  readonly meaning: string
}

export interface ScheduleExplanation {
  readonly expression: string
  readonly timezone: string
  readonly kind: ScheduleKind
  readonly description: string
  readonly fields: readonly FieldExplanation[]
  /** The rules that are at work in it: how the days are joined, what daylight saving does; whole sentences. */
  readonly rules: readonly string[]
  readonly daylight: readonly DaylightEffect[]
}

/** All that `webstir explain` says of a schedule; daylight saving from `from` on and before `to`. */
export function explainSchedule(schedule: Schedule, from: Date, to: Date): ScheduleExplanation {
  return {
    expression: schedule.expression,
    timezone: schedule.timezone,
    kind: schedule.kind,
    description: schedule.describe(),
    fields: fieldsOf(schedule),
    rules: rulesOf(schedule),
    daylight: daylightEffects(schedule, from, to),
  }
}

function fieldsOf(schedule: Schedule): FieldExplanation[] {
  if (schedule instanceof CronSchedule) return cronFields(cronFieldsOf(schedule.expression))
  if (schedule instanceof RateSchedule)
    return [{ field: 'interval', text: `${schedule.rate.count} ${schedule.rate.word}`, meaning: schedule.describe() }]
  if (schedule instanceof AtSchedule) return [{ field: 'instant', text: schedule.local, meaning: schedule.describe() }]
  return []
}

function cronFields(fields: CronFields): FieldExplanation[] {
  const plan = readCron(fields)
  const explanations: FieldExplanation[] = []
  const add = (field: FieldName, text: FieldScanner | null, meaning: string): void => {
    if (text !== null) explanations.push({ field, text: text.text, meaning })
  }
  add('second', fields.second, stepPhrase(secondsOf(plan), 60, 'second'))
  add('minute', fields.minute, stepPhrase(minutesOf(plan), 60, 'minute'))
  add('hour', fields.hour, stepPhrase(bitsOf(plan.hours), 24, 'hour'))
  add(
    'day-of-month',
    fields.dayOfMonth,
    plan.days === 0x7fffffff ? 'any day of the month' : `on ${daysOfMonthText(plan.days, plan.special, 'the month')}`,
  )
  add(
    'month',
    fields.month,
    plan.months === 0b1111111111110 ? 'every month' : `in ${ranged(bitsOf(plan.months), monthName)}`,
  )
  add(
    'day-of-week',
    fields.dayOfWeek,
    plan.weekdays === 127 ? 'any day of the week' : `on ${daysOfWeekText(plan.weekdays, plan.special, 'the month')}`,
  )
  add('year', fields.year, plan.years === null ? 'every year' : `in ${ranged(plan.years)}`)
  return explanations
}

function rulesOf(schedule: Schedule): string[] {
  if (schedule instanceof CronSchedule) return [...dayRules(schedule.plan), ...daylightRules(schedule)]
  if (schedule instanceof RateSchedule)
    return ['It counts elapsed time from its anchor, whatever the clocks do; a late run does not make it drift.']
  if (schedule instanceof AtSchedule)
    return [
      'It fires once. A local time that the clock skips means the end of the gap, one that it shows twice means the first time.',
    ]
  return ['It fires once in each process that starts to watch, on each machine, and is never caught up.']
}

/** crontab(5). */
function dayRules(plan: CronPlan): string[] {
  if (plan.days === 0x7fffffff || plan.weekdays === 127) return []
  return [
    plan.needsBothDays
      ? 'One of the day fields begins with *, so a day must match both of them.'
      : 'Neither of the day fields begins with *, so a day that matches one of them is enough.',
  ]
}

/** cron(8). */
function daylightRules(schedule: CronSchedule): string[] {
  if (schedule.timezone === 'UTC') return []
  return [
    schedule.plan.followsElapsedTime
      ? 'Its minute or hour begins with *, so it follows real time: it fires in both passes of an hour that the clock repeats, and not in one that it skips.'
      : 'Its times are fixed: one that the clock skips fires at the end of the gap, one that it repeats fires the first time only. Changes of three hours and more are not smoothed over.',
  ]
}
