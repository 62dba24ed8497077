import { describe, expect, it } from 'vitest'
import { clockText, instantOfLocal, repetitionAt } from '../../../runtime/schedule/index.ts'

const BERLIN = 'Europe/Berlin'
const at = (text: string): number => Date.parse(text)

describe('the time that a clock shows', () => {
  it.each([
    ['2026-01-15T10:30:00Z', 'UTC', '2026-01-15 10:30 UTC'],
    ['2026-01-15T10:30:05Z', 'UTC', '2026-01-15 10:30:05 UTC'],
    ['2026-01-15T10:30:00Z', BERLIN, '2026-01-15 11:30 +01:00'],
    ['2026-07-15T10:30:00Z', 'Asia/Kathmandu', '2026-07-15 16:15 +05:45'],
  ])('of %s in %s is %s', (instant, zone, text) => {
    expect(clockText(at(instant), zone)).toBe(text)
  })
})

describe('the instant of a local time', () => {
  it.each([
    ['2027-10-31', '00:00', BERLIN, '2027-10-30T22:00:00.000Z'],
    ['2027-11-01', '00:00', BERLIN, '2027-10-31T23:00:00.000Z'],
    ['2027-10-31', '02:30', BERLIN, '2027-10-31T00:30:00.000Z'],
    ['2026-03-29', '02:30', BERLIN, '2026-03-29T01:30:00.000Z'],
    ['2026-03-29', '03:00:00.250', BERLIN, '2026-03-29T01:00:00.250Z'],
    ['2026-07-01', '12:00', 'UTC', '2026-07-01T12:00:00.000Z'],
    ['2024-04-06', '23:59:59', 'Pacific/Apia', '2024-04-06T10:59:59.000Z'],
  ])('%s %s in %s is the instant %s', (date, time, zone, instant) => {
    expect(new Date(instantOfLocal(date, time, zone)).toISOString()).toBe(instant)
  })
})

describe('a clock that is put back', () => {
  it.each([
    ['2027-10-30T23:59:59Z', null],
    ['2027-10-31T00:00:00Z', 'first'],
    ['2027-10-31T00:59:59Z', 'first'],
    ['2027-10-31T01:00:00Z', 'second'],
    ['2027-10-31T01:59:59Z', 'second'],
    ['2027-10-31T02:00:00Z', null],
    ['2026-03-29T01:00:00Z', null],
  ])('shows the hour at %s twice: %s', (instant, which) => {
    expect(repetitionAt(at(instant), BERLIN)).toBe(which)
    expect(repetitionAt(at(instant), 'UTC')).toBeNull()
  })
})
