import type { CronFields } from './cron-expression.ts'
import { ScheduleError } from './error.ts'
import type { FieldText } from './field-text.ts'
import { nearest } from './suggestion.ts'
import { wordsOf } from './words.ts'

const MACROS: Readonly<Record<string, string>> = {
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
export function plainFields(words: readonly FieldText[]): CronFields {
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

function awsFields(words: readonly FieldText[]): CronFields {
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

function failCount(words: readonly FieldText[], most: number, message: string, hint: string): never {
  const position = words[most]?.start ?? words.at(-1)?.end
  throw new ScheduleError('SCHEDULE_FIELD_COUNT', message, { hint, position })
}
