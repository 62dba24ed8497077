import { describe, expect, it } from 'vitest'
import { endOfDay, readInstant } from '../../../../cli/command-line/option-values.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const read = (text: string, direction: 'ago' | 'ahead' = 'ago', timezone = 'UTC'): string =>
  new Date(readInstant('since', text, { now: NOW, direction, timezone })).toISOString()

describe('an instant on the command line', () => {
  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T09:30', '2026-11-20T09:30:00.000Z'],
    ['2026-11-20 09:30:05', '2026-11-20T09:30:05.000Z'],
    ['2026-11-20T09:30:05.25Z', '2026-11-20T09:30:05.250Z'],
    ['2026-11-20t09:30+01:00', '2026-11-20T08:30:00.000Z'],
    ['2h', '2026-11-22T10:00:00.000Z'],
    ['7d', '2026-11-15T12:00:00.000Z'],
    ['now', '2026-11-22T12:00:00.000Z'],
    ['yesterday', '2026-11-21T00:00:00.000Z'],
    ['Today', '2026-11-22T00:00:00.000Z'],
    ['tomorrow', '2026-11-23T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it.each([
    ['2027-10-31', '2027-10-30T22:00:00.000Z'],
    ['2027-11-01 09:30', '2027-11-01T08:30:00.000Z'],
    ['2027-11-01 09:30Z', '2027-11-01T09:30:00.000Z'],
    ['yesterday', '2026-11-20T23:00:00.000Z'],
  ])('reads %s by the clock of the zone where it has no offset', (text, expected) => {
    expect(read(text, 'ago', 'Europe/Berlin')).toBe(expected)
  })

  it('takes a duration for the future where that is meant', () => {
    expect(read('1h30m', 'ahead')).toBe('2026-11-22T13:30:00.000Z')
  })

  it('knows the end of a day, which has 25 hours where the clock is put back', () => {
    const options = { now: NOW, direction: 'ahead', timezone: 'Europe/Berlin' } as const
    expect(endOfDay('2027-10-31', options)).toBe(Date.parse('2027-10-31T23:00:00Z'))
    expect(endOfDay('yesterday', options)).toBe(Date.parse('2026-11-21T23:00:00Z'))
    expect(endOfDay('2027-10-31 09:00', options)).toBeUndefined()
  })

  it.each(['', 'soon', '2026-02-30', '2026-13-01', '12:00', '2026-11-20T25:00', '5', '-2h'])('refuses "%s"', (text) => {
    expect(() => read(text)).toThrow(/--since ".*" is not a time/)
  })
})
