import { describe, expect, it } from 'vitest'
import {
  adviseSchedule,
  daylightEffects,
  explainSchedule,
  formatLocal,
  isTimezone,
  localTimeOf,
  parseSchedule,
  suggestTimezone,
} from '../../../runtime/schedule/index.ts'

const THIS_YEAR = new Date('2026-01-01T00:00:00Z')
const NEXT_YEAR = new Date('2027-01-01T00:00:00Z')

describe('describe', () => {
  it.each([
    ['* * * * *', 'every minute'],
    ['*/5 * * * *', 'every 5 minutes'],
    ['*/7 * * * *', 'at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour'],
    ['@hourly', 'every hour'],
    ['15 */2 * * *', 'every 2 hours, at minute 15'],
    ['0 0 * * *', 'at 00:00 every day'],
    ['30 9,17 * * 1-5', 'at 09:30 and 17:30 on Monday to Friday'],
    ['*/15 9-17 * * MON-FRI', 'every 15 minutes from 09:00 to 17:59 on Monday to Friday'],
    ['* 2 * * *', 'every minute from 02:00 to 02:59'],
    ['0 0 1,15 * FRI', 'at 00:00 on days 1 and 15 of the month, and also on Friday'],
    ['0 0 */10 * MON', 'at 00:00 on days 1, 11, 21 and 31 of the month, if that is Monday'],
    ['0 0 1-31 * MON', 'at 00:00 every day'],
    ['0 0 1 1 *', 'at 00:00 on day 1 of January'],
    ['0 0 1 1,7 *', 'at 00:00 on day 1 of the month, in January and July'],
    ['0 9 1 3 MON', 'at 09:00 on day 1 of the month, and also on Monday, in March'],
    ['0 0 * 2 *', 'at 00:00 every day in February'],
    ['0 0 L * *', 'at 00:00 on the last day of the month'],
    ['0 0 L-1 * *', 'at 00:00 on the day before the last of the month'],
    ['0 0 15W * *', 'at 00:00 on the weekday (Monday to Friday) nearest to day 15 of the month'],
    ['0 0 * * 5L,MON#2', 'at 00:00 on the last Friday of the month and the second Monday of the month'],
    ['0 0 * * SUN,SAT', 'at 00:00 on Saturday and Sunday'],
    ['*/10 * * * * *', 'every 10 seconds'],
    ['30 * * * * *', 'at second 30, every minute'],
    ['0 0 12 * * MON 2027-2030', 'at 12:00 on Monday, in 2027 to 2030'],
    ['cron(0 12 ? * 2-6 *)', 'at 12:00 on Monday to Friday'],
    ['rate(1 hour)', 'every hour'],
    ['rate(5 minutes)', 'every 5 minutes'],
    ['at(2026-12-01T09:00)', 'once, at 2026-12-01 09:00:00'],
    ['@reboot', 'once each time the scheduler starts'],
  ])('%s is described as "%s"', (expression, text) => {
    expect(parseSchedule(expression).describe()).toBe(text)
  })

  it('names the zone where it is not UTC', () => {
    expect(parseSchedule('0 9 * * *', { timezone: 'Asia/Tokyo' }).describe()).toBe('at 09:00 every day (Asia/Tokyo)')
    expect(parseSchedule('at(2026-12-01T09:00)', { timezone: 'Asia/Tokyo' }).describe()).toBe(
      'once, at 2026-12-01 09:00:00 (Asia/Tokyo)',
    )
  })
})

describe('what daylight saving does', () => {
  const effects = (expression: string, timezone: string): string[] =>
    daylightEffects(parseSchedule(expression, { timezone }), THIS_YEAR, NEXT_YEAR).map(
      ({ date, kind, local, utc, count }) =>
        `${date} ${kind} ${local} ${utc?.toISOString().slice(11, 16) ?? '-'} ${count}`,
    )

  it.each([
    ['30 2 * * *', 'Europe/Berlin', ['2026-03-29 moved 02:30 01:00 1', '2026-10-25 repeated-once 02:30 00:30 1']],
    [
      '0,30 2 * * *',
      'Europe/Berlin',
      ['2026-03-29 moved 02:00 01:00 1', '2026-03-29 merged 02:30 01:00 1', '2026-10-25 repeated-once 02:00 00:00 2'],
    ],
    ['0 2,3 * * *', 'Europe/Berlin', ['2026-03-29 merged 02:00 01:00 1', '2026-10-25 repeated-once 02:00 00:00 1']],
    ['*/30 2 * * *', 'Europe/Berlin', ['2026-03-29 dropped 02:00 - 2', '2026-10-25 runs-twice 02:00 00:00 2']],
    ['*/30 * * * *', 'Europe/Berlin', []],
    ['0 * * * *', 'Australia/Lord_Howe', ['2026-10-04 dropped 02:00 - 1']],
    ['0 12 * * *', 'Europe/Berlin', []],
    ['30 2 29 3 *', 'UTC', []],
    ['0 0 * * *', 'America/Havana', ['2026-03-08 moved 00:00 05:00 1', '2026-11-01 repeated-once 00:00 04:00 1']],
    ['at(2026-03-29T02:30)', 'Europe/Berlin', ['2026-03-29 moved 02:30 01:00 1']],
    ['rate(1 hour)', 'Europe/Berlin', []],
  ] as const)('%s in %s', (expression, timezone, expected) => {
    expect(effects(expression, timezone)).toEqual(expected)
  })

  it('a moved fire is one that next finds', () => {
    const schedule = parseSchedule('30 2 * * *', { timezone: 'Europe/Berlin' })
    const [moved] = daylightEffects(schedule, THIS_YEAR, NEXT_YEAR)
    const from = new Date('2026-03-28T12:00:00Z')
    expect(moved?.utc).toEqual(schedule.next(from))
    expect(moved?.note).toBe('the clock jumps from 02:00 to 03:00: 02:30 fires at 03:00')
  })

  it('a whole day that is skipped drops what it had', () => {
    const schedule = parseSchedule('0 12 * * *', { timezone: 'Pacific/Apia' })
    const lost = daylightEffects(schedule, new Date('2011-12-01'), new Date('2012-01-01'))
    expect(lost.map(({ date, kind, utc }) => ({ date, kind, utc }))).toEqual([
      { date: '2011-12-30', kind: 'dropped', utc: null },
    ])
  })
})

it('explain goes through the fields and names the rules', () => {
  const explanation = explainSchedule(
    parseSchedule('30 2 1 */6 MON', { timezone: 'Europe/Berlin' }),
    THIS_YEAR,
    NEXT_YEAR,
  )
  expect(explanation.fields.map(({ field, text, meaning }) => `${field} ${text}: ${meaning}`)).toEqual([
    'minute 30: at minute 30',
    'hour 2: at hour 2',
    'day-of-month 1: on day 1 of the month',
    'month */6: in January and July',
    'day-of-week MON: on Monday',
  ])
  expect(explanation.rules[0]).toContain('a day that matches one of them is enough')
  expect(explanation.rules[1]).toContain('Its times are fixed')
  expect(explanation.description).toBe(
    'at 02:30 on day 1 of the month, and also on Monday, in January and July (Europe/Berlin)',
  )
  const seven = explainSchedule(parseSchedule('*/5 * */2 * */2 * 2026'), THIS_YEAR, NEXT_YEAR)
  expect(seven.fields.map(({ field }) => field)).toEqual([
    'second',
    'minute',
    'hour',
    'day-of-month',
    'month',
    'day-of-week',
    'year',
  ])
  expect(explainSchedule(parseSchedule('@weekly'), THIS_YEAR, NEXT_YEAR).fields[4]).toEqual({
    field: 'day-of-week',
    text: '0',
    meaning: 'on Sunday',
  })
})

describe('advice', () => {
  it.each([
    ['0 0 1 * 1', 'UTC', ['EITHER_DAY']],
    ['0 0 1 * *', 'UTC', []],
    ['0 0 */2 * 1', 'UTC', ['UNEVEN_STEP']],
    ['*/7 * * * *', 'UTC', ['UNEVEN_STEP']],
    ['*/5 */6 * */3 *', 'UTC', []],
    ['0 */5 * * *', 'UTC', ['UNEVEN_STEP']],
    ['*/90 * * * *', 'UTC', ['UNEVEN_STEP']],
    ['30 2 * * *', 'Europe/Berlin', ['DAYLIGHT_GAP']],
    ['30 3 * * *', 'Europe/Berlin', []],
    ['30 2 * * *', 'UTC', []],
    ['rate(1 minutes)', 'UTC', ['RATE_ELSEWHERE']],
    ['rate(5 minute)', 'UTC', ['RATE_ELSEWHERE']],
    ['rate(30 seconds)', 'UTC', ['RATE_ELSEWHERE']],
    ['rate(5 minutes)', 'UTC', []],
    ['at(2020-01-01T00:00)', 'UTC', ['NEVER_AGAIN']],
    ['0 0 0 1 1 * 2020', 'UTC', ['NEVER_AGAIN']],
    ['@reboot', 'UTC', []],
  ] as const)('%s in %s: %s', (expression, timezone, codes) => {
    const advice = adviseSchedule(parseSchedule(expression, { timezone }), THIS_YEAR)
    expect(advice.map(({ code }) => code)).toEqual(codes)
    for (const { message, hint } of advice) expect(message.length * hint.length).toBeGreaterThan(0)
  })

  it('looks for gaps in this year and the next, from now on', () => {
    const schedule = parseSchedule('30 2 * * *', { timezone: 'Europe/Berlin' })
    expect(adviseSchedule(schedule, new Date('2024-06-01'))[0]?.message).toContain('on 2025-03-30 in Europe/Berlin')
    const later = parseSchedule('0 30 2 30 3 * 2025', { timezone: 'Europe/Berlin' })
    expect(adviseSchedule(later, new Date('2024-01-01'))).not.toEqual([])
    expect(adviseSchedule(later, new Date('2023-01-01'))).toEqual([])
  })
})

describe('zones', () => {
  it('local times are those of Intl, for every zone there is', () => {
    for (const timezone of Intl.supportedValuesOf('timeZone')) {
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' })
      for (let month = 0; month < 24; month++) {
        const instant = new Date(Date.UTC(2026, month, 1, 12, 34, 56))
        const { date, time } = localTimeOf(instant, timezone)
        if (`${date} ${time}` !== format.format(instant))
          expect(`${timezone} ${date} ${time}`).toBe(format.format(instant))
      }
    }
    expect(formatLocal(new Date('2026-07-01T00:00:00Z'), 'America/St_Johns')).toBe('2026-06-30 21:30:00 -02:30')
    expect(formatLocal(new Date('1883-01-01T00:00:00Z'), 'Europe/Berlin')).toBe('1883-01-01 00:53:28 +00:53:28')
  })

  it('names are known in any case, and near misses found', () => {
    expect(
      ['UTC', 'utc', 'Etc/GMT', 'Europe/Berlin', 'europe/berlin', 'Asia/Kolkata', 'US/Eastern'].filter(
        (name) => !isTimezone(name),
      ),
    ).toEqual([])
    expect(['', 'Berlin', '+02:00', 'Europe/Berlin '].filter(isTimezone)).toEqual([])
    expect(suggestTimezone('berlin')).toBe('Europe/Berlin')
    expect(suggestTimezone('Amerika/Havana')).toBe('America/Havana')
    expect(suggestTimezone('completely wrong')).toBeUndefined()
  })
})
