import { nearest } from '../support/suggest.ts'
import { readAt } from './at-schedule.ts'
import { cronFieldsOf, MACRO, MACROS, plainFields, readCron } from './cron/parser.ts'
import type { CronPlan } from './cron/plan.ts'
import { isSpace, wordsOf } from './cron/scanner.ts'
import { CronSchedule } from './cron/schedule.ts'
import { ScheduleError } from './errors.ts'
import { RateSchedule, rateMeant, readRate } from './rate-schedule.ts'
import { RebootSchedule, type Schedule } from './schedule.ts'
import { UTC, type Zone, zoneOf } from './time-zone.ts'

export interface ScheduleOptions {
  /** IANA name of the zone whose clock the schedule follows. Default: `UTC`. */
  readonly timezone?: string | undefined
  /** What a `rate` counts from; other forms ignore it. Default: the Unix epoch. */
  readonly anchor?: Date | undefined
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
  if (first.peek() !== MACRO) {
    const open = expression.indexOf('(')
    if (open >= 0) return parseForm(expression, first.start, open, last.end, zone, options.anchor)
    return new CronSchedule(expression, readCron(fieldsOf(expression, words)), zone)
  }
  if (expression.trim().toLowerCase() === '@reboot') return new RebootSchedule(expression, zone.name)
  return new CronSchedule(expression, readCron(cronFieldsOf(expression)), zone)
}

/** What a cron expression comes to, as plain data that may be kept as JSON; null for the other forms. Throws ScheduleError. */
export function planOf(expression: string): CronPlan | null {
  const schedule = parseSchedule(expression)
  return schedule instanceof CronSchedule ? schedule.plan : null
}

/** The schedule of an expression whose plan is known: it isn't read again. Throws ScheduleError for an unknown zone. */
export function plannedSchedule(expression: string, plan: CronPlan, timezone: string): Schedule {
  return new CronSchedule(expression, plan, zoneOf(timezone))
}

/** Longer than anything meant: a list of all 60 minutes and all 24 hours has 240 characters. */
const MAX_LENGTH = 256

/** ASCII and nothing else. */
const PLAIN_TEXT = /^[\0-~]*$/

/** The fields of plain cron. Where there are too few because another form is meant, the error suggests that one. */
function fieldsOf(expression: string, words: ReturnType<typeof wordsOf>): ReturnType<typeof plainFields> {
  try {
    return plainFields(words)
  } catch (error) {
    const macro = `@${expression.trim().toLowerCase()}`
    const meant = Object.hasOwn(MACROS, macro) ? macro : rateMeant(expression)
    if (meant === undefined || !(error instanceof ScheduleError)) throw error
    const { code, message, position } = error
    throw new ScheduleError(code, message, { hint: `did you mean ${meant}?`, position })
  }
}

function checkText(expression: string): void {
  if (typeof expression !== 'string') {
    throw new ScheduleError(
      'SCHEDULE_EMPTY',
      `the schedule is ${expression === null ? 'null' : `of type ${typeof expression}`}, not a string`,
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
  if (PLAIN_TEXT.test(expression)) return
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
    const form = nearest(name, ['cron', 'rate', 'at'])
    const meant = rateMeant(`${name} ${expression.slice(open + 1, end - 1)}`)
    const suggestion = meant ?? (form === undefined ? undefined : `${form}(...)`)
    const message = isKnown ? `${name}(...) does not end with ")"` : `unknown form "${name}(...)"`
    const hint = isKnown
      ? 'close the parenthesis, and write nothing behind it'
      : suggestion
        ? `did you mean ${suggestion}?`
        : 'use cron(...), rate(...) or at(...)'
    throw new ScheduleError('SCHEDULE_UNKNOWN_FORM', message, { hint, position: isKnown ? end - 1 : start })
  }
  const body = expression.slice(open + 1, end - 1)
  if (name === 'cron') return new CronSchedule(expression, readCron(cronFieldsOf(expression)), zone)
  if (name === 'at') return readAt(expression, body, open + 1, zone)
  const from = anchor?.getTime() ?? 0
  if (Number.isNaN(from))
    throw new ScheduleError('SCHEDULE_INSTANT', 'the anchor is an invalid Date', {
      hint: 'pass a Date that holds a time',
    })
  return new RateSchedule(expression, zone.name, readRate(body, open + 1), from)
}
