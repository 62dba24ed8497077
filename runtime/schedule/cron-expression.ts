import { dayNumber, weekdayOf } from './civil.ts'
import { SpecialDayReader } from './day-specials.ts'
import { ScheduleError } from './error.ts'
import { readField, type SpecialReader } from './field.ts'
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
import { type CronPlan, matchingDays, matchingDaysOf, type SpecialDays } from './plan.ts'

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

/** The field being read, in the masks of plan.ts. One for all: a field is read whole before the next one begins. */
const found = { low: 0, high: 0 }

function add(value: number): void {
  if (value < 31) found.low |= 1 << value
  else found.high |= 1 << (value - 31)
}

/** Leaves the values in `found`. The two commonest kinds of field, `*` and one number, take the short way. */
function read(field: FieldText, rule: FieldRule, special?: SpecialReader): void {
  const [low, high] = rule.all
  const number = field.plainNumber
  found.low = 0
  found.high = 0
  if (number >= rule.min && number <= rule.max) add(number)
  else if (field.isStar && field.end - field.start === 1) {
    found.low = low
    found.high = high
  } else readField(field, rule, add, special)
}

/** Reads the fields. Throws ScheduleError where one is wrong, or where no day can ever match. */
export function readCron(fields: CronFields): CronPlan {
  const times = readTimes(fields)
  let specials: SpecialDayReader | null = null
  const special = (): SpecialDayReader => {
    specials ??= new SpecialDayReader()
    return specials
  }
  const days = readDaysOfMonth(fields, special)
  read(fields.month, MONTH)
  const months = found.low
  const weekdays = readDaysOfWeek(fields, special)
  // Not `...times`: spreading makes V8 build the object a hundred times slower.
  const plan: CronPlan = {
    secondsLow: times.secondsLow,
    secondsHigh: times.secondsHigh,
    minutesLow: times.minutesLow,
    minutesHigh: times.minutesHigh,
    hours: times.hours,
    days,
    months,
    weekdays,
    special: specialDaysOf(specials),
    years: fields.year === null || fields.year.text === '*' ? null : readYears(fields.year),
    needsBothDays: leavesOpen(fields.dayOfMonth) || leavesOpen(fields.dayOfWeek),
    followsElapsedTime: fields.minute.isStar || fields.hour.isStar,
    firstTime: timeAtOrAfter(times, 0),
    lastTime: timeAtOrBefore(times, 86_399),
  }
  if (!canMatch(plan)) failImpossible(fields, plan)
  return plan
}

const specialDaysOf = (reader: SpecialDayReader | null): SpecialDays | null => reader?.days ?? null

function readTimes(fields: CronFields): TimesOfDay {
  let secondsLow = 1
  let secondsHigh = 0
  if (fields.second !== null) {
    read(fields.second, SECOND)
    secondsLow = found.low
    secondsHigh = found.high
  }
  read(fields.minute, MINUTE)
  const minutesLow = found.low
  const minutesHigh = found.high
  read(fields.hour, HOUR)
  return { secondsLow, secondsHigh, minutesLow, minutesHigh, hours: found.low }
}

/** Debian's test is for the first character: also an asterisk with a step leaves the day to the other field. */
const leavesOpen = (field: FieldText): boolean => field.isStar || field.isQuestionMark

function readDaysOfMonth(fields: CronFields, special: () => SpecialDayReader): number {
  const field = fields.dayOfMonth
  if (fields.dialect === 'aws' && field.isQuestionMark) return 0x7fffffff
  read(field, DAY_OF_MONTH, (item) => special().readDayOfMonth(item, DAY_OF_MONTH))
  return (found.low >>> 1) | (found.high << 30)
}

function readDaysOfWeek(fields: CronFields, special: () => SpecialDayReader): number {
  const field = fields.dayOfWeek
  if (fields.dialect === 'cron') {
    read(field, DAY_OF_WEEK, (item) => special().readDayOfWeek(item, DAY_OF_WEEK, (value) => value % 7))
    return (found.low & 127) | (found.low >> 7)
  }
  if (field.isQuestionMark) return 127
  // AWS: "the last day of the week", which is Saturday.
  if (field.text.toUpperCase() === 'L') return 1 << 6
  read(field, AWS_DAY_OF_WEEK, (item) => special().readDayOfWeek(item, AWS_DAY_OF_WEEK, (value) => value - 1))
  return found.low >> 1
}

function readYears(field: FieldText): number[] {
  const years = new Set<number>()
  readField(field, YEAR, (year) => years.add(year))
  return [...years].sort((a, b) => a - b)
}

/** Whether any month of any of the fourteen kinds of year has a day that matches. */
function canMatch(plan: CronPlan): boolean {
  // The first 28 days are in every month, and any of them is each weekday now and then.
  if (plan.special === null && plan.years === null && plan.weekdays !== 0 && (plan.days & 0xfffffff) !== 0) return true
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
