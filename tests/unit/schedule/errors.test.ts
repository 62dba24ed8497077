import { describe, expect, it } from 'vitest'
import { parseSchedule, ScheduleError } from '../../../runtime/schedule/index.ts'

function errorOf(expression: unknown, timezone?: string): ScheduleError {
  try {
    // What arrives from JavaScript or a hand-written manifest need not be a text.
    Reflect.apply(parseSchedule, null, [expression, { timezone }])
  } catch (error) {
    if (error instanceof ScheduleError) return error
    throw error
  }
  throw new Error(`${String(expression)} was accepted`)
}

describe('each refusal has its own message, hint, field and position', () => {
  it.each([
    ['', 'SCHEDULE_EMPTY', 'the schedule is empty', '@daily', undefined, undefined],
    [' \t ', 'SCHEDULE_EMPTY', 'the schedule is empty', '@daily', undefined, undefined],
    [null, 'SCHEDULE_EMPTY', 'the schedule is null, not a string', 'quotes', undefined, undefined],
    [5, 'SCHEDULE_EMPTY', 'the schedule is of type number, not a string', 'quotes', undefined, undefined],
    ['* * * *', 'SCHEDULE_FIELD_COUNT', '4 fields where there should be five', 'minute hour', undefined, 7],
    ['hourly', 'SCHEDULE_FIELD_COUNT', 'one field where there should be five', 'did you mean @hourly?', undefined, 6],
    ['often', 'SCHEDULE_FIELD_COUNT', 'one field where there should be five', 'minute hour', undefined, 5],
    [
      '5m',
      'SCHEDULE_FIELD_COUNT',
      'one field where there should be five',
      'did you mean rate(5 minutes)?',
      undefined,
      2,
    ],
    ['1 hr', 'SCHEDULE_FIELD_COUNT', '2 fields where there should be five', 'did you mean rate(1 hour)?', undefined, 4],
    [
      'every 5 minutes',
      'SCHEDULE_FIELD_COUNT',
      '3 fields where there should be five',
      'did you mean rate(5 minutes)?',
      undefined,
      15,
    ],
    [
      'every minute',
      'SCHEDULE_FIELD_COUNT',
      '2 fields where there should be five',
      'did you mean rate(1 minute)?',
      undefined,
      12,
    ],
    ['every 0 minutes', 'SCHEDULE_FIELD_COUNT', '3 fields where there should be five', 'minute hour', undefined, 15],
    ['* * * * * * * *', 'SCHEDULE_FIELD_COUNT', '8 fields where there should be five', 'minute hour', undefined, 14],
    ['60 * * * *', 'SCHEDULE_OUT_OF_RANGE', 'minute 60 is out of range 0-59', 'use 0 to 59', 'minute', 0],
    ['0 24 * * *', 'SCHEDULE_OUT_OF_RANGE', 'hour 24 is out of range 0-23', 'use 0 to 23', 'hour', 2],
    ['0 0 0 * *', 'SCHEDULE_OUT_OF_RANGE', 'day-of-month 0 is out of range 1-31', 'use 1 to 31', 'day-of-month', 4],
    ['0 0 * 1,13 *', 'SCHEDULE_OUT_OF_RANGE', 'month 13 is out of range 1-12', 'use 1 to 12', 'month', 8],
    ['0 0 * * 8', 'SCHEDULE_OUT_OF_RANGE', 'day-of-week 8 is out of range 0-7', 'Sunday', 'day-of-week', 8],
    ['99 * * * * *', 'SCHEDULE_OUT_OF_RANGE', 'second 99 is out of range 0-59', 'use 0 to 59', 'second', 0],
    [
      '0 0 0 1 1 * 1969',
      'SCHEDULE_OUT_OF_RANGE',
      'year 1969 is out of range 1970-2199',
      'use 1970 to 2199',
      'year',
      12,
    ],
    [
      '99999999999999999999 * * * *',
      'SCHEDULE_OUT_OF_RANGE',
      'minute 99999999999999999999 is out of range 0-59',
      '',
      'minute',
      0,
    ],
    ['*/0 * * * *', 'SCHEDULE_ZERO_STEP', 'minute "*/0" has a step of 0', '1 or more', 'minute', 2],
    ['0 5-2 * * *', 'SCHEDULE_REVERSED_RANGE', 'hour "5-2" runs backwards', 'write 5-23,0-2', 'hour', 2],
    [
      '0 0 * * fri-mon',
      'SCHEDULE_REVERSED_RANGE',
      'day-of-week "fri-mon" runs backwards',
      'write FRI,SAT,SUN,MON',
      'day-of-week',
      8,
    ],
    ['0 0 * * 6-0', 'SCHEDULE_REVERSED_RANGE', 'day-of-week "6-0" runs backwards', 'write SAT,SUN', 'day-of-week', 8],
    ['0 0 * fab *', 'SCHEDULE_UNKNOWN_NAME', 'month "fab" is not the name of a month', 'did you mean FEB?', 'month', 6],
    [
      '0 0 * * monday',
      'SCHEDULE_UNKNOWN_NAME',
      'day-of-week "monday" is not the name of a weekday',
      'did you mean MON?',
      'day-of-week',
      8,
    ],
    ['0 noon * * *', 'SCHEDULE_UNKNOWN_NAME', 'hour "noon" is not a number', 'use 0 to 23', 'hour', 2],
    ['0 0 * * 9L', 'SCHEDULE_OUT_OF_RANGE', 'day-of-week 9 is out of range 0-7', 'Sunday', 'day-of-week', 8],
    ['0 0 * * XL', 'SCHEDULE_UNKNOWN_NAME', 'day-of-week "X" is not the name of a weekday', '', 'day-of-week', 8],
    ['0 0 * * L', 'SCHEDULE_FIELD_SYNTAX', 'day-of-week "L" names no day', '5L', 'day-of-week', 8],
    ['0 0 * * #2', 'SCHEDULE_FIELD_SYNTAX', 'day-of-week "#2" names no day before "#"', '5#2', 'day-of-week', 8],
    [
      '0 0 * * 5#6',
      'SCHEDULE_OUT_OF_RANGE',
      'day-of-week "5#6" asks for an occurrence that no month has',
      '#1 to #5',
      'day-of-week',
      8,
    ],
    ['0 0 32W * *', 'SCHEDULE_OUT_OF_RANGE', 'day-of-month 32 is out of range 1-31', '1W to 31W', 'day-of-month', 4],
    [
      '0 0 L-31 * *',
      'SCHEDULE_OUT_OF_RANGE',
      'day-of-month "L-31" goes back further than a month',
      'L-1 to L-30',
      'day-of-month',
      4,
    ],
    ['0 0 ? * *', 'SCHEDULE_FIELD_SYNTAX', 'day-of-month "?" is not known to cron', 'use * instead', 'day-of-month', 4],
    ['1,,2 * * * *', 'SCHEDULE_FIELD_SYNTAX', 'minute "1,,2" has an empty place in its list', 'comma', 'minute', 2],
    ['1, * * * *', 'SCHEDULE_FIELD_SYNTAX', 'minute "1," has an empty place in its list', 'comma', 'minute', 2],
    ['*/ * * * *', 'SCHEDULE_FIELD_SYNTAX', 'minute "*/" has no step after "/"', '*/5', 'minute', 2],
    ['1-2-3 * * * *', 'SCHEDULE_FIELD_SYNTAX', 'minute "1-2-3" cannot be read', 'a range', 'minute', 3],
    ['-5 * * * *', 'SCHEDULE_FIELD_SYNTAX', 'minute "-5" cannot be read', 'a number', 'minute', 0],
    [
      '0 0 31 4 *',
      'SCHEDULE_IMPOSSIBLE_DATE',
      'no date ever matches day-of-month "31", month "4", day-of-week "*"',
      'choose a day',
      'day-of-month',
      4,
    ],
    [
      '0 0 30 2 *',
      'SCHEDULE_IMPOSSIBLE_DATE',
      'no date ever matches day-of-month "30", month "2", day-of-week "*"',
      'choose a day',
      'day-of-month',
      4,
    ],
    [
      '* * */20 * 1L',
      'SCHEDULE_IMPOSSIBLE_DATE',
      'no date ever matches day-of-month "*/20", month "*", day-of-week "1L"',
      'no day fits',
      'day-of-month',
      4,
    ],
    [
      '0 0 0 29 2 * 2100',
      'SCHEDULE_IMPOSSIBLE_DATE',
      'no date ever matches day-of-month "29", month "2", day-of-week "*", year "2100"',
      '',
      'day-of-month',
      6,
    ],
    ['@dayly', 'SCHEDULE_UNKNOWN_MACRO', 'unknown macro "@dayly"', 'did you mean @daily?', undefined, 0],
    ['@fortnightly', 'SCHEDULE_UNKNOWN_MACRO', 'unknown macro "@fortnightly"', 'use one of @yearly', undefined, 0],
    ['rate(0 minutes)', 'SCHEDULE_RATE', 'rate 0 would never rest', '1 up', undefined, 5],
    ['rate(-5 minutes)', 'SCHEDULE_RATE', 'rate -5 is negative', '1 up', undefined, 5],
    ['rate(1.5 hours)', 'SCHEDULE_RATE', 'rate 1.5 is a fraction', 'rate(90 seconds)', undefined, 5],
    [
      'rate(5 minuts)',
      'SCHEDULE_RATE_UNIT',
      'rate unit "minuts" is unknown',
      'did you mean rate(5 minutes)?',
      undefined,
      7,
    ],
    ['rate(5m)', 'SCHEDULE_RATE_UNIT', 'rate unit "m" is unknown', 'did you mean rate(5 minutes)?', undefined, 6],
    ['rate(1 Hrs)', 'SCHEDULE_RATE_UNIT', 'rate unit "Hrs" is unknown', 'did you mean rate(1 hour)?', undefined, 7],
    ['rate(5minutes)', 'SCHEDULE_RATE', 'rate(5minutes) has no space', 'did you mean rate(5 minutes)?', undefined, 5],
    [
      'every(5 minutes)',
      'SCHEDULE_UNKNOWN_FORM',
      'unknown form "every(...)"',
      'did you mean rate(5 minutes)?',
      undefined,
      0,
    ],
    ['rate(5)', 'SCHEDULE_RATE_UNIT', 'rate(5) has no unit', 'second, minute', undefined, 6],
    ['rate(minute)', 'SCHEDULE_RATE', 'rate(minute) has no number', 'rate(1 minute)', undefined, 5],
    ['rate()', 'SCHEDULE_RATE', 'rate() is empty', 'rate(5 minutes)', undefined, 5],
    ['rate(1e3 minutes)', 'SCHEDULE_RATE_UNIT', 'rate has "3 minutes" after its unit', '', undefined, 6],
    ['rate(99999 weeks)', 'SCHEDULE_RATE', 'rate(99999 weeks) is longer than 50 years', 'shorter', undefined, 5],
    ['rate(5 minutes', 'SCHEDULE_UNKNOWN_FORM', 'rate(...) does not end with ")"', 'close', undefined, 13],
    ['rat(5 minutes)', 'SCHEDULE_UNKNOWN_FORM', 'unknown form "rat(...)"', 'did you mean rate(...)?', undefined, 0],
    [
      'cron(0 0 * * *)',
      'SCHEDULE_FIELD_COUNT',
      'cron(...) has 5 fields where there should be six',
      'cron(0 12 * * ? *)',
      undefined,
      14,
    ],
    [
      'cron(0 0 * * * *)',
      'SCHEDULE_FIELD_SYNTAX',
      'cron(...) needs "?" in exactly one of its day fields',
      '',
      'day-of-week',
      13,
    ],
    [
      'cron(0 0 ? * 0 *)',
      'SCHEDULE_OUT_OF_RANGE',
      'day-of-week 0 is out of range 1-7',
      '1 (Sunday)',
      'day-of-week',
      13,
    ],
    ['at(tomorrow)', 'SCHEDULE_AT', 'at(tomorrow) is not a date and time', 'at(2026-12-01T09:00:00)', undefined, 3],
    [
      'at(2026-02-30T00:00)',
      'SCHEDULE_IMPOSSIBLE_DATE',
      'at(2026-02-30T00:00): there is no such date',
      '',
      undefined,
      3,
    ],
    ['at(2026-02-03T24:00)', 'SCHEDULE_AT', 'at(2026-02-03T24:00): there is no such time', '23:59:59', undefined, 3],
    ['٣ * * * *', 'SCHEDULE_NOT_ASCII', 'the digit "٣" is not ASCII', '0 to 9', undefined, 0],
    ['0 0 1–5 * *', 'SCHEDULE_NOT_ASCII', 'the character "–" is not ASCII', 'type it again', undefined, 5],
    [
      `${'0,'.repeat(130)}0 * * * *`,
      'SCHEDULE_TOO_LONG',
      'the schedule has 269 characters, more than 256',
      'ranges',
      undefined,
      256,
    ],
  ] as const)('%s is refused', (expression, code, message, hint, field, position) => {
    const error = errorOf(expression)
    expect({ code: error.code, message: error.message, field: error.field, position: error.position }).toEqual({
      code,
      message,
      field,
      position,
    })
    expect(error.hint).toContain(hint)
    expect(error.name).toBe('ScheduleError')
  })
})

describe('time zones', () => {
  it.each([
    ['Europe/Berln', 'did you mean Europe/Berlin?'],
    ['new york', 'did you mean America/New_York?'],
    ['UCT+2', 'IANA'],
    ['+02:00', 'IANA'],
    ['', 'IANA'],
  ])('%s is unknown', (timezone, hint) => {
    const error = errorOf('* * * * *', timezone)
    expect(error.code).toBe('SCHEDULE_UNKNOWN_TIMEZONE')
    expect(error.message).toBe(`unknown time zone "${timezone}"`)
    expect(error.hint).toContain(hint)
  })
})

it('a time zone that is no text is refused like any other that is none', () => {
  const options: { timezone: string } = JSON.parse('{ "timezone": 5 }')

  expect(() => parseSchedule('@daily', options)).toThrow('the time zone is 5, not a string')
})
