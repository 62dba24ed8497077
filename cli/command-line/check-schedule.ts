import { isValidCron } from 'cron-validator'
import { adviseSchedule, parseSchedule, type Schedule, ScheduleError } from '../../runtime/schedule/index.ts'
import { CommandError } from './errors.ts'

/** What cron-validator knows: five or six fields of numbers, names, `*`, lists, ranges, steps and `5#2`. */
const GATE = { alias: true, seconds: true, allowSevenAsSunday: true, allowNthWeekdayOfMonth: true }

/**
 * Reads the value of `--schedule`. A plain expression of five or six fields first meets cron-validator: what it takes
 * only has to be possible at all (`0 0 31 4 *` is not). What it refuses is for `parseSchedule` to judge: either that
 * one says which field is wrong and why, or the form is an extension (`0 0 L * *`), and `remarks` says so. The other
 * forms (macros, rates, seven fields, `cron(...)`) are `parseSchedule`'s alone. `remarks` also holds what people get
 * wrong in a valid schedule; `now` is where this year and the next begin. Throws CommandError with ScheduleError's code.
 */
export function checkSchedule(
  expression: string,
  timezone: string,
  now: Date,
): { schedule: Schedule; remarks: string[] } {
  const passesGate = !isPlain(expression) || isValidCron(expression, GATE)
  try {
    const schedule = parseSchedule(expression, { timezone })
    const remark = `other cron programs may not read "${expression}": it goes beyond the plain form`
    const advice = adviseSchedule(schedule, now).map(({ message, hint }) => `${message}; ${hint}`)
    return { schedule, remarks: passesGate ? advice : [...advice, remark] }
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    throw new CommandError(error.code, `--schedule ${JSON.stringify(expression)}: ${error.message}`, {
      hint: error.hint ?? 'see "webstir add-job --help" for the forms of a schedule',
      cause: error,
    })
  }
}

function isPlain(expression: string): boolean {
  const fields = expression.trim().split(/\s+/)
  return (fields.length === 5 || fields.length === 6) && !/[@()]/.test(expression)
}
