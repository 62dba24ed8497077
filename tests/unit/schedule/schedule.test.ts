import { describe, expect, it } from 'vitest'
import { parseSchedule, ScheduleError } from '../../../runtime/schedule/index.ts'

const nightly = parseSchedule('0 0 * * *')

it('a schedule keeps what was typed and knows its kind and zone', () => {
  const { expression, timezone, kind } = parseSchedule(' 0 9 * * mon ', { timezone: 'Europe/Berlin' })
  expect({ expression, timezone, kind }).toEqual({
    expression: ' 0 9 * * mon ',
    timezone: 'Europe/Berlin',
    kind: 'cron',
  })
  expect(nightly.timezone).toBe('UTC')
})

it('next is strictly after, previous strictly before, to the millisecond', () => {
  const midnight = Date.parse('2026-01-02T00:00:00Z')
  expect(nightly.next(new Date(midnight - 1))?.getTime()).toBe(midnight)
  expect(nightly.next(new Date(midnight))?.getTime()).toBe(midnight + 86_400_000)
  expect(nightly.previous(new Date(midnight + 1))?.getTime()).toBe(midnight)
  expect(nightly.previous(new Date(midnight))?.getTime()).toBe(midnight - 86_400_000)
})

it('between takes its start in and leaves its end out, and equals repeated next', () => {
  const from = new Date('2026-01-01T00:00:00Z')
  const to = new Date('2026-01-04T00:00:00Z')
  expect([...nightly.between(from, to)].map((date) => date.toISOString().slice(0, 10))).toEqual([
    '2026-01-01',
    '2026-01-02',
    '2026-01-03',
  ])
  expect([...nightly.between(to, from)]).toEqual([])
  const quarter = parseSchedule('*/15 2-3 * * *', { timezone: 'America/Havana' })
  const repeated: Date[] = []
  for (let fire = quarter.next(new Date(from.getTime() - 1)); fire !== null && fire < to; fire = quarter.next(fire))
    repeated.push(fire)
  expect([...quarter.between(from, to)]).toEqual(repeated)
  expect(repeated).toHaveLength(24)
})

it('take stops at its count, and where there are no more fires', () => {
  expect(nightly.take(0, new Date(0))).toEqual([])
  expect(parseSchedule('0 0 0 1 1 * 2026-2027').take(9, new Date('2025-06-01'))).toHaveLength(2)
})

it('an instant that is no time is refused', () => {
  expect(() => nightly.next(new Date('nonsense'))).toThrow(ScheduleError)
})

describe('beyond 50 years there is nothing', () => {
  it.each([
    ['0 0 0 1 1 * 2199', '2150-06-01', '2199-01-01T00:00:00.000Z'],
    ['0 0 0 1 1 * 2199', '2140-01-01', undefined],
    ['at(2100-01-01T00:00:00)', '2040-01-01', undefined],
    ['at(2100-01-01T00:00:00)', '2060-01-01', '2100-01-01T00:00:00.000Z'],
  ])('from %s, asked at %s, comes no fire beyond them', (expression, after, next) => {
    expect(parseSchedule(expression).next(new Date(after))?.toISOString()).toBe(next)
  })
})

describe('no expression makes the search long', () => {
  it.each([
    '0 0 29 2 MON#5',
    '0 0 * 2 MON#5',
    '0 0 29 2 *',
    '0 0 */30 * 5#5',
    '59 59 23 L-30 * *',
    '0 0 0 29 2 */7 2096-2199',
    '0 0 31W 12 *',
    '* * 29 2 */6',
    '0 0 0 1 1 * 2199',
  ])('%s is searched in a moment', (expression) => {
    for (const timezone of ['UTC', 'America/Havana', 'Africa/Casablanca']) {
      const schedule = parseSchedule(expression, { timezone })
      const times: number[] = []
      for (let year = 1970; year < 2170; year++) {
        const before = performance.now()
        schedule.next(new Date(Date.UTC(year, 5, 1)))
        schedule.previous(new Date(Date.UTC(year, 5, 1)))
        times.push(performance.now() - before)
      }
      // 1 ms on average and 50 ms at worst, for two searches and with room for a busy machine.
      expect(times.reduce((sum, time) => sum + time, 0) / times.length).toBeLessThan(2)
      expect(times.sort((a, b) => a - b).at(-2)).toBeLessThan(100)
    }
  })
})
