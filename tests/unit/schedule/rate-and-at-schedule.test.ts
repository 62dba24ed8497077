import { describe, expect, it } from 'vitest'
import { parseSchedule } from '../../../runtime/schedule/index.ts'
import { localFires, utcFires } from './fires.ts'

describe('rate', () => {
  it.each([
    ['rate(1 second)', 1000],
    ['rate(90 seconds)', 90_000],
    ['rate(5 minutes)', 300_000],
    ['rate(1 minutes)', 60_000],
    ['RATE( 2  Hour )', 7_200_000],
    ['rate(3 days)', 3 * 86_400_000],
    ['rate(2 weeks)', 14 * 86_400_000],
  ])('%s counts from its anchor', (expression, interval) => {
    const anchor = new Date('2026-01-01T00:00:00.250Z')
    const schedule = parseSchedule(expression, { anchor, timezone: 'Europe/Berlin' })
    const at = (k: number): number => anchor.getTime() + k * interval
    expect(schedule.kind).toBe('rate')
    expect(schedule.next(new Date('1999-12-31'))?.getTime()).toBe(at(0))
    expect(schedule.next(new Date(at(0) - 1))?.getTime()).toBe(at(0))
    expect(schedule.next(new Date(at(0)))?.getTime()).toBe(at(1))
    expect(schedule.next(new Date(at(41) + 1))?.getTime()).toBe(at(42))
    expect(schedule.previous(new Date(at(42)))?.getTime()).toBe(at(41))
    expect(schedule.previous(new Date(at(42) + 1))?.getTime()).toBe(at(42))
    expect(schedule.previous(new Date(at(0)))).toBeNull()
  })

  it('without an anchor it counts from the Unix epoch', () => {
    expect(utcFires('rate(7 minutes)', '1970-01-01T00:00:00Z', 2)).toEqual(['1970-01-01 00:07', '1970-01-01 00:14'])
  })

  it('a day is 24 hours, also where the clocks change', () => {
    const fires = localFires('rate(1 day)', 'Europe/Berlin', '2026-03-28T12:00Z', 2)
    expect(fires).toEqual(['2026-03-29 01:00 +01:00', '2026-03-30 02:00 +02:00'])
  })

  it('an anchor that is no time is refused', () => {
    expect(() => parseSchedule('rate(1 day)', { anchor: new Date(Number.NaN) })).toThrow(
      'the anchor is an invalid Date',
    )
  })
})

describe('at', () => {
  it.each([
    ['at(2026-12-01T09:00:00)', 'UTC', '2026-12-01T09:00:00.000Z'],
    ['at(2026-12-01T09:00)', 'Europe/Berlin', '2026-12-01T08:00:00.000Z'],
    ['AT( 2026-12-01t09:00:05 )', 'UTC', '2026-12-01T09:00:05.000Z'],
    ['at(2026-12-01T09:00:00Z)', 'Europe/Berlin', '2026-12-01T09:00:00.000Z'],
    ['at(2026-12-01T09:00-05:30)', 'Europe/Berlin', '2026-12-01T14:30:00.000Z'],
    // In a gap: its end. Twice on the clock: the first time.
    ['at(2026-03-29T02:30:00)', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['at(2026-10-25T02:30:00)', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['at(2011-12-30T10:00:00)', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['at(2010-03-05T01:30:00)', 'Antarctica/Casey', '2010-03-04T14:30:00.000Z'],
  ])('%s in %s fires at %s', (expression, timezone, instant) => {
    const schedule = parseSchedule(expression, { timezone })
    const time = Date.parse(instant)
    expect(schedule.next(new Date(time - 1))?.toISOString()).toBe(instant)
    expect(schedule.next(new Date(time))).toBeNull()
    expect(schedule.previous(new Date(time))).toBeNull()
    expect(schedule.previous(new Date(time + 1))?.toISOString()).toBe(instant)
  })
})
