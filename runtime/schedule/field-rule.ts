import type { FieldName } from './error.ts'

/** What one field of a cron expression may hold. */
export interface FieldRule {
  readonly name: FieldName
  readonly min: number
  readonly max: number
  /** Three letters each, in lower case, the first one standing for `firstName`. */
  readonly names?: readonly string[]
  readonly firstName?: number
  /** What `*` stands for, in the masks of plan.ts: the bits of values below 31, and of those above. */
  readonly all: readonly [low: number, high: number]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

export const SECOND: FieldRule = { name: 'second', min: 0, max: 59, all: [0x7fffffff, 0x1fffffff] }
export const MINUTE: FieldRule = { name: 'minute', min: 0, max: 59, all: [0x7fffffff, 0x1fffffff] }
export const HOUR: FieldRule = { name: 'hour', min: 0, max: 23, all: [0xffffff, 0] }
export const DAY_OF_MONTH: FieldRule = { name: 'day-of-month', min: 1, max: 31, all: [0x7ffffffe, 1] }
export const MONTH: FieldRule = { name: 'month', min: 1, max: 12, names: MONTHS, firstName: 1, all: [0x1ffe, 0] }
/** 0 and 7 are Sunday: crontab(5). */
export const DAY_OF_WEEK: FieldRule = {
  name: 'day-of-week',
  min: 0,
  max: 7,
  names: WEEKDAYS,
  firstName: 0,
  all: [0xff, 0],
}
/** 1 is Sunday, 7 is Saturday: AWS. */
export const AWS_DAY_OF_WEEK: FieldRule = {
  name: 'day-of-week',
  min: 1,
  max: 7,
  names: WEEKDAYS,
  firstName: 1,
  all: [0xfe, 0],
}
/** AWS's range. */
export const YEAR: FieldRule = { name: 'year', min: 1970, max: 2199, all: [0, 0] }

/** "FRI,SAT,SUN,MON" of Friday to Monday. */
export function weekdaysBetween(rule: FieldRule, first: number, last: number): string {
  const start = first - (rule.firstName ?? 0)
  const count = ((last - first + 14) % 7) + 1
  return Array.from({ length: count }, (_, index) => WEEKDAYS[(start + index) % 7]?.toUpperCase()).join(',')
}

export function grammarOf(rule: FieldRule): string {
  const example =
    rule.name === 'day-of-week'
      ? '1-5 or MON,FRI'
      : rule.name === 'month'
        ? '1-3 or JAN,JUL'
        : `${rule.min + 1}-${rule.min + 5}`
  return `use a number from ${rule.min} to ${rule.max}, *, a list, a range such as ${example}, or a step such as */2`
}

export const weekdayRange = (rule: FieldRule): string =>
  rule.min === 0 ? 'use 0 (Sunday) to 6, 7 being Sunday too' : 'use 1 (Sunday) to 7'
