import { isValidCron } from 'cron-validator'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseSchedule, ScheduleError } from '../../../runtime/schedule/index.ts'
import { CASES, EXPRESSION, seedOf } from '../../support/cron-expressions.ts'

const OPTIONS = { seconds: true, alias: true, allowSevenAsSunday: true, allowNthWeekdayOfMonth: true }

/**
 * What cron-validator accepts and we refuse; docs/schedules.md lists the same. It replaces names wherever they stand, so
 * "janfeb" is month 12 and "1mon" is day 11; it knows no calendar, and no limit of length.
 */
function isKnownDifference(expression: string, error: ScheduleError): boolean {
  if (error.code === 'SCHEDULE_IMPOSSIBLE_DATE' || error.code === 'SCHEDULE_TOO_LONG') return true
  const runTogether = /[a-z]{4}|\d[a-z]|[a-z]\d/i.test(expression)
  return runTogether && (error.field === 'month' || error.field === 'day-of-week')
}

/** Texts of the right characters, most of them nearly expressions. */
const PART = fc.constantFrom(
  '*',
  '0',
  '1',
  '5',
  '07',
  '23',
  '59',
  '31',
  '12',
  '7',
  ',',
  '-',
  '/',
  '*/5',
  '1-5',
  '#2',
  'mon',
  'SUN',
  'jan',
  'Dec',
  'L',
  '?',
)
const NEAR = fc
  .array(
    fc.array(PART, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
    { minLength: 5, maxLength: 6 },
  )
  .map((fields) => fields.join(' '))

it('what cron-validator accepts, we accept', () => {
  const seed = seedOf('cron-validator')
  let accepted = 0
  fc.assert(
    fc.property(fc.oneof(EXPRESSION, NEAR), (expression) => {
      if (!isValidCron(expression, OPTIONS)) return
      accepted++
      try {
        parseSchedule(expression)
      } catch (error) {
        if (!(error instanceof ScheduleError) || !isKnownDifference(expression, error)) throw error
      }
    }),
    { numRuns: CASES, seed },
  )
  expect(accepted).toBeGreaterThan(CASES / 10)
}, 3_600_000)

it.each(['0 0 * janfeb *', '0 0 * 1jan *', '0 0 * * 0mon', '0 0 30 2 *', `0 0 * * ${'0,'.repeat(130)}0`])(
  '%s is one of the known differences',
  (expression) => {
    expect(isValidCron(expression, OPTIONS)).toBe(true)
    expect(() => parseSchedule(expression)).toThrow(ScheduleError)
  },
)
