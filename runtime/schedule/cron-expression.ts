import { dayNumber, weekdayOf } from './civil.ts'
import { SpecialDayReader } from './day-specials.ts'
import { ScheduleError } from './error.ts'
import { readField } from './field.ts'
import {
  AWS_DAY_OF_WEEK,
  DAY_OF_MONTH,
  DAY_OF_WEEK,
  type FieldRule,
  HOUR,
  MINUTE,
  MONTH,
  SECOND,
  YEAR,
} from './field-rule.ts'
import type { FieldText } from './field-text.ts'
import { type TimesOfDay, timeAtOrAfter, timeAtOrBefore } from './local-time.ts'
import { type CronPlan, matchingDays, matchingDaysOf } from './plan.ts'

/** The fields of an expression, each in its place; null is "not written". */
export interface CronFields {
  readonly second: FieldText | null
  readonly minute: FieldText
  readonly hour: FieldText
  readonly dayOfMonth: FieldText
  readonly month: FieldText
  readonly dayOfWeek: FieldText
  readonly year: FieldText | null
  /** AWS counts the days of the week from 1 and writes `?` in one of the day fields. */
  readonly dialect: 'cron' | 'aws'
}

/** Values 0 to 59 as bits: the first 31 in `low`, the others in `high`. */
class Bits {
  low = 0
  high = 0
  readonly add = (value: number): void => {
    if (value < 31) this.low |= 1 << value
    else this.high |= 1 << (value - 31)
  }
}

/** Reads the fields. Throws ScheduleError where one is wrong, or where no day can ever match. */
export function readCron(fields: CronFields): CronPlan {
  const specials = new SpecialDayReader()
  const second = new Bits()
  if (fields.second === null) second.low = 1
  else readField(fields.second, SECOND, second.add)
  const minute = read(fields.minute, MINUTE)
  const hour = read(fields.hour, HOUR)
  const days = readDaysOfMonth(fields, specials)
  const month = read(fields.month, MONTH)
  const weekdays = readDaysOfWeek(fields, specials)
  const times: TimesOfDay = {
    secondsLow: second.low,
    secondsHigh: second.high,
    minutesLow: minute.low,
    minutesHigh: minute.high,
    hours: hour.low,
  }
  // Not `...times`: spreading makes V8 build the object a hundred times slower.
  const plan: CronPlan = {
    secondsLow: times.secondsLow,
    secondsHigh: times.secondsHigh,
    minutesLow: times.minutesLow,
    minutesHigh: times.minutesHigh,
    hours: times.hours,
    days,
    months: month.low,
    weekdays,
    special: specials.days,
    years: fields.year === null || fields.year.text === '*' ? null : readYears(fields.year),
    needsBothDays: leavesOpen(fields.dayOfMonth) || leavesOpen(fields.dayOfWeek),
    followsElapsedTime: fields.minute.isStar || fields.hour.isStar,
    firstTime: timeAtOrAfter(times, 0),
    lastTime: timeAtOrBefore(times, 86_399),
  }
  if (!canMatch(plan)) failImpossible(fields, plan)
  return plan
}

function read(field: FieldText, rule: FieldRule): Bits {
  const bits = new Bits()
  readField(field, rule, bits.add)
  return bits
}

/** Debian's test is for the first character: also an asterisk with a step leaves the day to the other field. */
const leavesOpen = (field: FieldText): boolean => field.isStar || field.text === '?'

function readDaysOfMonth(fields: CronFields, specials: SpecialDayReader): number {
  const field = fields.dayOfMonth
  if (fields.dialect === 'aws' && field.text === '?') return 0x7fffffff
  let mask = 0
  const add = (day: number): void => {
    mask |= 1 << (day - 1)
  }
  readField(field, DAY_OF_MONTH, add, (item) => specials.readDayOfMonth(item, DAY_OF_MONTH))
  return mask
}

function readDaysOfWeek(fields: CronFields, specials: SpecialDayReader): number {
  const field = fields.dayOfWeek
  const isAws = fields.dialect === 'aws'
  if (isAws && field.text === '?') return 127
  // AWS: "the last day of the week", which is Saturday.
  if (isAws && field.text.toUpperCase() === 'L') return 1 << 6
  const rule = isAws ? AWS_DAY_OF_WEEK : DAY_OF_WEEK
  const toWeekday = isAws ? (value: number) => value - 1 : (value: number) => value % 7
  let mask = 0
  const add = (value: number): void => {
    mask |= 1 << toWeekday(value)
  }
  readField(field, rule, add, (item) => specials.readDayOfWeek(item, rule, toWeekday))
  return mask
}

function readYears(field: FieldText): number[] {
  const years = new Set<number>()
  readField(field, YEAR, (year) => years.add(year))
  return [...years].sort((a, b) => a - b)
}

/** Whether any month of any of the fourteen kinds of year has a day that matches. */
function canMatch(plan: CronPlan): boolean {
  for (let month = 1; month <= 12; month++) {
    if ((plan.months & (1 << month)) === 0) continue
    const length = month === 2 ? 29 : 30 + ((month + (month >> 3)) & 1)
    for (let first = 0; first < 7; first++) {
      if (plan.years === null) {
        if (matchingDays(plan, length, first) !== 0) return true
        // `LW` and its like may match in a short February only.
        if (month === 2 && matchingDays(plan, 28, first) !== 0) return true
      }
    }
    for (const year of plan.years ?? []) {
      if (matchingDaysOf(plan, year, month, weekdayOf(dayNumber(year, month, 1))) !== 0) return true
    }
  }
  return false
}

function failImpossible(fields: CronFields, plan: CronPlan): never {
  const text = [fields.dayOfMonth, fields.month, fields.dayOfWeek].map((field) => `"${field.text}"`)
  const isBareDay = plan.weekdays === 127 && plan.special === null
  const hint = isBareDay
    ? 'no such day in those months; L stands for the last day of a month'
    : 'no day fits all of these fields'
  throw new ScheduleError(
    'SCHEDULE_IMPOSSIBLE_DATE',
    `no date ever matches day-of-month ${text[0]}, month ${text[1]}, day-of-week ${text[2]}${fields.year ? `, year "${fields.year.text}"` : ''}`,
    { hint, field: 'day-of-month', position: fields.dayOfMonth.start },
  )
}
