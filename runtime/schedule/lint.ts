import { cronFieldsOf } from './cron/parser.ts'
import type { FieldScanner } from './cron/scanner.ts'
import { CronSchedule } from './cron/schedule.ts'
import { daylightEffects } from './dst-transitions.ts'
import type { FieldName } from './errors.ts'
import { RateSchedule } from './rate-schedule.ts'
import type { Schedule } from './schedule.ts'

export type AdviceCode = 'EITHER_DAY' | 'UNEVEN_STEP' | 'DAYLIGHT_GAP' | 'RATE_ELSEWHERE' | 'NEVER_AGAIN'

/** Something that is valid but may not be what was meant. */
export interface Advice {
  readonly code: AdviceCode
  readonly message: string
  readonly hint: string
  readonly field?: FieldName
}

/** Likely mistakes in a schedule that is valid. `now` is where this year and the next begin. */
export function adviseSchedule(schedule: Schedule, now: Date): Advice[] {
  const advice: Advice[] = []
  if (schedule instanceof CronSchedule) advice.push(...eitherDay(schedule), ...unevenSteps(schedule))
  if (schedule instanceof RateSchedule) advice.push(...rateElsewhere(schedule))
  advice.push(...daylightGap(schedule, now))
  if (schedule.kind !== 'reboot' && schedule.next(now) === null) {
    advice.push({
      code: 'NEVER_AGAIN',
      message: 'it does not fire again: all of its times have passed',
      hint: 'check the date or the year',
    })
  }
  return advice
}

function eitherDay({ plan, expression }: CronSchedule): Advice[] {
  if (plan.needsBothDays) return []
  const { dayOfMonth, dayOfWeek } = cronFieldsOf(expression)
  return [
    {
      code: 'EITHER_DAY',
      field: 'day-of-month',
      message: `day-of-month "${dayOfMonth.text}" and day-of-week "${dayOfWeek.text}" are both restricted: it fires on days that match either of them`,
      hint: 'for days that match both, restrict one of them and test the other in the job: this is the rule of cron',
    },
  ]
}

/** How many values a field has before it starts again, and what that is called. */
const CYCLES: readonly (readonly [FieldName, number, string])[] = [
  ['second', 60, 'minute'],
  ['minute', 60, 'hour'],
  ['hour', 24, 'day'],
  ['day-of-month', 31, 'month'],
  ['month', 12, 'year'],
  ['day-of-week', 7, 'week'],
]

function unevenSteps(schedule: CronSchedule): Advice[] {
  const fields = cronFieldsOf(schedule.expression)
  const texts: readonly (FieldScanner | null)[] = [
    fields.second,
    fields.minute,
    fields.hour,
    fields.dayOfMonth,
    fields.month,
    fields.dayOfWeek,
  ]
  return CYCLES.flatMap(([field, size, cycle], index) => {
    const text = texts[index]?.text ?? ''
    const step = Number(/^\*\/(\d+)$/.exec(text)?.[1] ?? 1)
    if (size % step === 0 && (step === 1 || field !== 'day-of-month')) return []
    const message =
      step >= size
        ? `${field} "${text}" matches only the first value of each ${cycle}`
        : `${field} "${text}" starts again with each ${cycle}, so the last interval is not ${step}`
    const hint =
      field === 'day-of-month' || field === 'day-of-week' || field === 'month'
        ? 'for even intervals use rate(n days)'
        : `for even intervals use rate(${step} ${field}s)`
    return [{ code: 'UNEVEN_STEP' as const, field, message, hint }]
  })
}

function daylightGap(schedule: Schedule, now: Date): Advice[] {
  const end = new Date(Date.UTC(now.getUTCFullYear() + 2, 0, 1))
  const lost = daylightEffects(schedule, now, end).find(
    ({ kind }) => kind === 'moved' || kind === 'merged' || kind === 'dropped',
  )
  if (lost === undefined) return []
  return [
    {
      code: 'DAYLIGHT_GAP',
      message: `on ${lost.date} in ${schedule.timezone} ${lost.note}`,
      hint: 'choose a time outside of that hour, or the time zone UTC',
    },
  ]
}

/** AWS knows minutes, hours and days, singular for 1 and plural for more. */
function rateElsewhere({ rate }: RateSchedule): Advice[] {
  const right = rate.count === 1 ? rate.unit : `${rate.unit}s`
  const hasUnit = rate.unit === 'minute' || rate.unit === 'hour' || rate.unit === 'day'
  if (hasUnit && rate.word === right) return []
  const message = hasUnit
    ? `AWS would refuse rate(${rate.count} ${rate.word})`
    : `AWS would refuse rate(${rate.count} ${rate.word}): it has no ${rate.unit}s`
  const hint = hasUnit
    ? `write rate(${rate.count} ${right}) to be understood everywhere`
    : 'it works here; other schedulers know minutes, hours and days'
  return [{ code: 'RATE_ELSEWHERE', message, hint }]
}
