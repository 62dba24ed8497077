import { readAt } from './at.ts'
import { readCron } from './cron-expression.ts'
import { CronSchedule } from './cron-schedule.ts'
import { ScheduleError } from './error.ts'
import type { FieldText } from './field.ts'
import { RateSchedule, readRate } from './rate.ts'
import { RebootSchedule } from './reboot.ts'
import type { Schedule } from './schedule.ts'
import { nearest } from './suggestion.ts'
import { isSpace, wordsOf } from './words.ts'
import { UTC, type Zone, zoneOf } from './zone.ts'

export interface ScheduleOptions {
  /** IANA name of the zone whose clock the schedule follows. Default: `UTC`. */
  readonly timezone?: string | undefined
  /** What a `rate` counts from; other forms ignore it. Default: the Unix epoch. */
  readonly anchor?: Date | undefined
}

/** Longer than anything meant: a list of all 60 minutes and all 24 hours has 240 characters. */
const MAX_LENGTH = 256

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/**
 * Reads a schedule in any of its forms: five to seven cron fields, a macro such as `@daily`, `cron(...)` as AWS writes
 * it, `rate(...)`, `at(...)` or `@reboot`. Throws ScheduleError, and nothing else, for what is none of these.
 */
export function parseSchedule(expression: string, options: ScheduleOptions = {}): Schedule {
  checkText(expression)
  const zone = options.timezone === undefined ? UTC : zoneOf(options.timezone)
  const words = wordsOf(expression)
  const [first] = words
  const last = words[words.length - 1]
  if (first === undefined || last === undefined) {
    throw new ScheduleError('SCHEDULE_EMPTY', 'the schedule is empty', {
      hint: 'write five fields such as "0 0 * * *", or @daily',
    })
  }
  if (first.peek() === 64) return parseMacro(expression, expression.slice(first.start, last.end), first.start, zone)
  const open = expression.indexOf('(')
  if (open >= 0) return parseForm(expression, first.start, open, last.end, zone, options.anchor)
  return new CronSchedule(expression, readCron(plainFields(words)), zone)
}

function checkText(expression: string): void {
  if (typeof expression !== 'string') {
    throw new ScheduleError(
      'SCHEDULE_EMPTY',
      `the schedule is ${expression === null ? 'null' : `of type ${typeof expression}`}, not a text`,
      {
        hint: 'write it in quotes, such as "0 0 * * *"',
      },
    )
  }
  if (expression.length > MAX_LENGTH) {
    throw new ScheduleError(
      'SCHEDULE_TOO_LONG',
      `the schedule has ${expression.length} characters, more than ${MAX_LENGTH}`,
      {
        hint: 'use ranges and steps, or split it into several schedules of one job',
        position: MAX_LENGTH,
      },
    )
  }
  for (let at = 0; at < expression.length; at++) {
    const code = expression.charCodeAt(at)
    if (code > 126 && !isSpace(code)) {
      const character = String.fromCodePoint(expression.codePointAt(at) ?? code)
      const isDigit = /\p{Nd}/u.test(character)
      throw new ScheduleError(
        'SCHEDULE_NOT_ASCII',
        `${isDigit ? 'the digit' : 'the character'} "${character}" is not ASCII`,
        {
          hint: isDigit ? 'write numbers with the digits 0 to 9' : 'type it again; it may have come with a copied text',
          position: at,
        },
      )
    }
  }
}

function parseMacro(expression: string, text: string, position: number, zone: Zone): Schedule {
  const name = text.toLowerCase()
  if (name === '@reboot') return new RebootSchedule(expression, zone.name)
  const fields = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined
  if (fields !== undefined) return new CronSchedule(expression, readCron(plainFields(wordsOf(fields))), zone)
  const known = [...Object.keys(MACROS), '@reboot']
  const suggestion = nearest(name, known)
  throw new ScheduleError('SCHEDULE_UNKNOWN_MACRO', `unknown macro "${text}"`, {
    hint: suggestion ? `did you mean ${suggestion}?` : `use one of ${known.join(', ')}`,
    position,
  })
}

function parseForm(
  expression: string,
  start: number,
  open: number,
  end: number,
  zone: Zone,
  anchor: Date | undefined,
): Schedule {
  const name = expression.slice(start, open).trim().toLowerCase()
  const isKnown = name === 'cron' || name === 'rate' || name === 'at'
  if (!isKnown || expression[end - 1] !== ')') {
    const suggestion = nearest(name, ['cron', 'rate', 'at'])
    const message = isKnown ? `${name}(...) does not end with ")"` : `unknown form "${name}(...)"`
    const hint = isKnown
      ? 'close the parenthesis, and write nothing behind it'
      : suggestion
        ? `did you mean ${suggestion}(...)?`
        : 'use cron(...), rate(...) or at(...)'
    throw new ScheduleError('SCHEDULE_UNKNOWN_FORM', message, { hint, position: isKnown ? end - 1 : start })
  }
  const body = expression.slice(open + 1, end - 1)
  if (name === 'cron')
    return new CronSchedule(expression, readCron(awsFields(wordsOf(expression, open + 1, end - 1))), zone)
  if (name === 'at') return readAt(expression, body, open + 1, zone)
  const from = anchor?.getTime() ?? 0
  if (Number.isNaN(from))
    throw new ScheduleError('SCHEDULE_INSTANT', 'the anchor is an invalid Date', {
      hint: 'pass a Date that holds a time',
    })
  return new RateSchedule(expression, zone.name, readRate(body, open + 1), from)
}

function plainFields(words: readonly FieldText[]) {
  const [a, b, c, d, e, f, g] = words
  if (words.length > 7 || a === undefined || b === undefined || c === undefined || d === undefined || e === undefined) {
    throw new ScheduleError(
      'SCHEDULE_FIELD_COUNT',
      `${words.length === 1 ? 'one field' : `${words.length} fields`} where there should be five`,
      {
        hint: 'minute hour day-of-month month day-of-week; with six, seconds come first; with seven, the year comes last',
        position: words[7]?.start ?? words[words.length - 1]?.end,
      },
    )
  }
  const dialect = 'cron' as const
  if (f === undefined)
    return { second: null, minute: a, hour: b, dayOfMonth: c, month: d, dayOfWeek: e, year: null, dialect }
  return { second: a, minute: b, hour: c, dayOfMonth: d, month: e, dayOfWeek: f, year: g ?? null, dialect }
}

function awsFields(words: readonly FieldText[]) {
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = words
  if (words.length !== 6 || !minute || !hour || !dayOfMonth || !month || !dayOfWeek || !year) {
    throw new ScheduleError('SCHEDULE_FIELD_COUNT', `cron(...) has ${words.length} fields where there should be six`, {
      hint: 'minutes hours day-of-month month day-of-week year, as in cron(0 12 * * ? *)',
      position: words[6]?.start ?? words[words.length - 1]?.end,
    })
  }
  if ((dayOfMonth.text === '?') === (dayOfWeek.text === '?')) {
    throw new ScheduleError('SCHEDULE_FIELD_SYNTAX', 'cron(...) needs "?" in exactly one of its day fields', {
      hint: 'write ? in the day field that is not used, as in cron(0 12 * * ? *)',
      field: 'day-of-week',
      position: dayOfWeek.start,
    })
  }
  return { second: null, minute, hour, dayOfMonth, month, dayOfWeek, year, dialect: 'aws' as const }
}
