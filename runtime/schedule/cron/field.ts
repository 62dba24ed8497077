import { nearest } from '../../support/suggest.ts'
import type { FieldName } from '../errors.ts'
import { type FieldScanner, isLetter, quote } from './scanner.ts'

/** What one field of a cron expression may hold. */
export interface FieldRule {
  readonly name: FieldName
  readonly min: number
  readonly max: number
  /** Three letters each, in lower case, the first one is `firstName`. */
  readonly names?: readonly string[]
  readonly firstName?: number
  /** What `*` means, in the masks of plan.ts: the bits of values below 31, and of those above. */
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

const STAR = 42
const COMMA = 44
const DASH = 45
const SLASH = 47
const QUESTION_MARK = 63

/** Reads the items that only one field knows (`L`, `15W`, `5L`, `5#2`); returns false, at the same place, if it is none. */
export type SpecialReader = (field: FieldScanner) => boolean

/** Reads a comma-separated list of `*`, `a`, `a-b`, each with or without `/n`, and passes each value to `add`. */
export function readField(
  field: FieldScanner,
  rule: FieldRule,
  add: (value: number) => void,
  special?: SpecialReader,
): void {
  do {
    if (special === undefined || !special(field)) readItem(field, rule, add)
    if (!field.atItemEnd) {
      field.fail(rule, 'SCHEDULE_FIELD_SYNTAX', `${rule.name} ${quote(field.item)} cannot be read`, grammarOf(rule))
    }
  } while (field.take(COMMA))
}

function readItem(field: FieldScanner, rule: FieldRule, add: (value: number) => void): void {
  const position = field.at
  let first = rule.min
  let last = rule.max
  if (!field.take(STAR)) {
    first = readValue(field, rule)
    last = first
    if (field.take(DASH)) {
      last = readValue(field, rule)
      if (last < first) failReversed(field, rule, first, last, position)
    } else if (field.peek() === SLASH) {
      // "5/10" is "5-59/10" to Quartz, AWS and cronsim; Debian's cron refuses it.
      last = rule.max
    }
  }
  let step = 1
  if (field.take(SLASH)) {
    step = field.digits()
    if (step < 0) {
      field.fail(
        rule,
        'SCHEDULE_FIELD_SYNTAX',
        `${rule.name} ${quote(field.item)} has no step after "/"`,
        'write */5 for every fifth',
      )
    }
    if (step === 0) {
      field.fail(
        rule,
        'SCHEDULE_ZERO_STEP',
        `${rule.name} ${quote(field.item)} has a step of 0`,
        'a step is 1 or more, such as */5',
        field.at - 1,
      )
    }
  }
  for (let value = first; value <= last; value += step) add(value)
}

/** A number or a name, within the range of the field. */
export function readValue(field: FieldScanner, rule: FieldRule): number {
  const position = field.at
  const number = field.digits()
  if (number >= 0) {
    if (number < rule.min || number > rule.max) {
      const typed = field.source.slice(position, field.at)
      const hint =
        rule.name === 'day-of-week' ? `${weekdayRange(rule)}, or SUN to SAT` : `use ${rule.min} to ${rule.max}`
      field.fail(
        rule,
        'SCHEDULE_OUT_OF_RANGE',
        `${rule.name} ${typed} is out of range ${rule.min}-${rule.max}`,
        hint,
        position,
      )
    }
    return number
  }
  while (isLetter(field.peek())) field.at++
  const word = field.source.slice(position, field.at)
  if (word === '') failValue(field, rule)
  const index = rule.names === undefined ? -1 : rule.names.indexOf(word.toLowerCase())
  if (index < 0) failName(field, rule, word, position)
  return index + (rule.firstName ?? 0)
}

function failValue(field: FieldScanner, rule: FieldRule): never {
  if (field.source.charCodeAt(field.at) === QUESTION_MARK && field.at < field.end) {
    field.fail(
      rule,
      'SCHEDULE_FIELD_SYNTAX',
      `${rule.name} "?" is not known to cron`,
      'use * instead, or cron(...) for an AWS expression',
    )
  }
  if (field.text === '' || field.item === '') {
    field.fail(
      rule,
      'SCHEDULE_FIELD_SYNTAX',
      `${rule.name} ${quote(field.text)} has an empty place in its list`,
      'remove the extra comma',
    )
  }
  field.fail(rule, 'SCHEDULE_FIELD_SYNTAX', `${rule.name} ${quote(field.item)} cannot be read`, grammarOf(rule))
}

function failName(field: FieldScanner, rule: FieldRule, word: string, position: number): never {
  if (rule.names === undefined) {
    field.fail(
      rule,
      'SCHEDULE_UNKNOWN_NAME',
      `${rule.name} ${quote(field.item)} is not a number`,
      `use ${rule.min} to ${rule.max}`,
      position,
    )
  }
  const suggestion = nearest(word.slice(0, 3), rule.names)?.toUpperCase()
  const names = rule.name === 'month' ? 'JAN to DEC' : 'SUN to SAT'
  field.fail(
    rule,
    'SCHEDULE_UNKNOWN_NAME',
    `${rule.name} ${quote(word)} is not the name of a ${rule.name === 'month' ? 'month' : 'weekday'}`,
    suggestion ? `did you mean ${suggestion}?` : `use ${names}`,
    position,
  )
}

function failReversed(field: FieldScanner, rule: FieldRule, first: number, last: number, position: number): never {
  const typed = field.source.slice(position, field.at)
  const [from = '', to = ''] = typed.split('-')
  const around =
    rule.name === 'day-of-week' ? weekdaysBetween(rule, first, last) : `${from}-${rule.max},${rule.min}-${to}`
  const hint = `write ${rule.name === 'year' ? `${to}-${from}` : around}`
  field.fail(rule, 'SCHEDULE_REVERSED_RANGE', `${rule.name} ${quote(typed)} runs backwards`, hint, position)
}

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
