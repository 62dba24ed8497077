import { nearest } from '../../support/suggest.ts'
import { dayNumber, weekdayOf } from '../calendar.ts'
import { ScheduleError } from '../errors.ts'
import {
  AWS_DAY_OF_WEEK,
  DAY_OF_MONTH,
  DAY_OF_WEEK,
  type FieldRule,
  HOUR,
  MINUTE,
  MONTH,
  readField,
  SECOND,
  type SpecialReader,
  YEAR,
} from './field.ts'
import {
  type CronPlan,
  matchingDays,
  matchingDaysOf,
  type SpecialDays,
  type TimesOfDay,
  timeAtOrAfter,
  timeAtOrBefore,
} from './plan.ts'
import { type FieldScanner, wordsOf } from './scanner.ts'
import { SpecialDayReader } from './special-days.ts'

/** The fields of an expression, each in its place; null is "not written". */
export interface CronFields {
  readonly second: FieldScanner | null
  readonly minute: FieldScanner
  readonly hour: FieldScanner
  readonly dayOfMonth: FieldScanner
  readonly month: FieldScanner
  readonly dayOfWeek: FieldScanner
  readonly year: FieldScanner | null
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
function read(field: FieldScanner, rule: FieldRule, special?: SpecialReader): void {
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
  // Not `...times`: with it, V8 builds the object a hundred times slower (`npm run bench -- schedule`).
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
const leavesOpen = (field: FieldScanner): boolean => field.isStar || field.isQuestionMark

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

function readYears(field: FieldScanner): number[] {
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
    ? 'choose a day that these months have, or L for the last day of a month'
    : 'no day fits all of these fields'
  throw new ScheduleError(
    'SCHEDULE_IMPOSSIBLE_DATE',
    `no date ever matches day-of-month ${text[0]}, month ${text[1]}, day-of-week ${text[2]}${fields.year ? `, year "${fields.year.text}"` : ''}`,
    { hint, field: 'day-of-month', position: fields.dayOfMonth.start },
  )
}

export const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** The fields of plain cron, of a macro or of `cron(...)`. Throws where there is a wrong number of them. */
export function cronFieldsOf(expression: string): CronFields {
  const words = wordsOf(expression)
  const [first] = words
  if (first?.peek() === MACRO) return macroFields(expression.trim(), first.start)
  const open = expression.indexOf('(')
  return open < 0 ? plainFields(words) : awsFields(wordsOf(expression, open + 1, expression.lastIndexOf(')')))
}

/** The code of `@`. */
export const MACRO = 64

function macroFields(text: string, position: number): CronFields {
  const name = text.toLowerCase()
  const fields = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined
  if (fields !== undefined) return plainFields(wordsOf(fields))
  const known = [...Object.keys(MACROS), '@reboot']
  const suggestion = nearest(name, known)
  throw new ScheduleError('SCHEDULE_UNKNOWN_MACRO', `unknown macro "${text}"`, {
    hint: suggestion ? `did you mean ${suggestion}?` : `use one of ${known.join(', ')}`,
    position,
  })
}

/** The fields of plain cron: five, six or seven words. */
export function plainFields(words: readonly FieldScanner[]): CronFields {
  const [a, b, c, d, e, f, g] = words
  if (words.length > 7 || !a || !b || !c || !d || !e) {
    failCount(
      words,
      7,
      `${words.length === 1 ? 'one field' : `${words.length} fields`} where there should be five`,
      PLAIN_ORDER,
    )
  }
  const dialect = 'cron'
  if (!f) return { second: null, minute: a, hour: b, dayOfMonth: c, month: d, dayOfWeek: e, year: null, dialect }
  return { second: a, minute: b, hour: c, dayOfMonth: d, month: e, dayOfWeek: f, year: g ?? null, dialect }
}

const PLAIN_ORDER =
  'minute hour day-of-month month day-of-week; with six, seconds come first; with seven, the year comes last'

function awsFields(words: readonly FieldScanner[]): CronFields {
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = words
  if (words.length !== 6 || !minute || !hour || !dayOfMonth || !month || !dayOfWeek || !year) {
    failCount(words, 6, `cron(...) has ${words.length} fields where there should be six`, AWS_ORDER)
  }
  if (dayOfMonth.isQuestionMark === dayOfWeek.isQuestionMark) {
    throw new ScheduleError('SCHEDULE_FIELD_SYNTAX', 'cron(...) needs "?" in exactly one of its day fields', {
      hint: 'write ? in the day field that is not used, as in cron(0 12 * * ? *)',
      field: 'day-of-week',
      position: dayOfWeek.start,
    })
  }
  return { second: null, minute, hour, dayOfMonth, month, dayOfWeek, year, dialect: 'aws' }
}

const AWS_ORDER = 'minutes hours day-of-month month day-of-week year, as in cron(0 12 * * ? *)'

function failCount(words: readonly FieldScanner[], most: number, message: string, hint: string): never {
  const position = words[most]?.start ?? words.at(-1)?.end
  throw new ScheduleError('SCHEDULE_FIELD_COUNT', message, { hint, position })
}
