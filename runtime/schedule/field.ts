import { type FieldRule, grammarOf, weekdayRange, weekdaysBetween } from './field-rule.ts'
import { type FieldText, isLetter, quote } from './field-text.ts'
import { nearest } from './suggestion.ts'

const STAR = 42
const COMMA = 44
const DASH = 45
const SLASH = 47
const QUESTION_MARK = 63

/** Reads the items that only one field knows (`L`, `15W`, `5L`, `5#2`); returns false, at the same place, if it is none. */
export type SpecialReader = (field: FieldText) => boolean

/** Reads a comma-separated list of `*`, `a`, `a-b`, each with or without `/n`, and gives each value to `add`. */
export function readField(
  field: FieldText,
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

function readItem(field: FieldText, rule: FieldRule, add: (value: number) => void): void {
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
export function readValue(field: FieldText, rule: FieldRule): number {
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

function failValue(field: FieldText, rule: FieldRule): never {
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

function failName(field: FieldText, rule: FieldRule, word: string, position: number): never {
  if (rule.names === undefined) {
    field.fail(
      rule,
      'SCHEDULE_UNKNOWN_NAME',
      `${rule.name} ${quote(field.item)} is no number`,
      `use ${rule.min} to ${rule.max}`,
      position,
    )
  }
  const suggestion = nearest(word.slice(0, 3), rule.names)?.toUpperCase()
  const names = rule.name === 'month' ? 'JAN to DEC' : 'SUN to SAT'
  field.fail(
    rule,
    'SCHEDULE_UNKNOWN_NAME',
    `${rule.name} ${quote(word)} is no name of a ${rule.name === 'month' ? 'month' : 'day'}`,
    suggestion ? `did you mean ${suggestion}?` : `use ${names}`,
    position,
  )
}

function failReversed(field: FieldText, rule: FieldRule, first: number, last: number, position: number): never {
  const typed = field.source.slice(position, field.at)
  const [from = '', to = ''] = typed.split('-')
  const around =
    rule.name === 'day-of-week' ? weekdaysBetween(rule, first, last) : `${from}-${rule.max},${rule.min}-${to}`
  const hint = `write ${rule.name === 'year' ? `${to}-${from}` : around}`
  field.fail(rule, 'SCHEDULE_REVERSED_RANGE', `${rule.name} ${quote(typed)} runs backwards`, hint, position)
}
