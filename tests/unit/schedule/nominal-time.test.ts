import { describe, expect, it } from 'vitest'
import { nominalTimeOf, parseSchedule } from '../../../runtime/schedule/index.ts'

const utc = (text: string): number => Date.parse(`${text}Z`)

/** What the first fires after an instant stand for: `instant = local time`, and the last correction. */
function nominals(expression: string, timezone: string, after: string, count: number): string[] {
  const schedule = parseSchedule(expression, { timezone })
  const text = (at: number): string => new Date(at).toISOString().slice(5, 16)
  return schedule.take(count, new Date(utc(after))).map((fire) => {
    const nominal = nominalTimeOf(schedule, fire.getTime())
    if (nominal === null) return `${text(fire.getTime())} by instant`
    const corrected = nominal.correctedAt === null ? '' : `, corrected ${text(nominal.correctedAt)}`
    return `${text(fire.getTime())} = ${text(nominal.local)}${corrected}`
  })
}

describe('the nominal time of a fire', () => {
  it('is what the clock of the zone shows', () => {
    expect(nominals('0 6 * * *', 'Europe/Berlin', '2026-03-27T12:00', 3)).toEqual([
      '03-28T05:00 = 03-28T06:00',
      '03-29T04:00 = 03-29T06:00',
      '03-30T04:00 = 03-30T06:00',
    ])
  })

  it('is, of those that fall into one gap, the greatest, and that of the gap’s end where there is one', () => {
    expect(nominals('0,20,40 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', 1)).toEqual(['03-29T01:00 = 03-29T02:40'])
    expect(nominals('0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00', 1)).toEqual(['03-29T01:00 = 03-29T03:00'])
  })

  it('comes again after a correction of three hours and more, of which it tells', () => {
    expect(nominals('0 2 * * *', 'Antarctica/Casey', '2018-03-10T00:00', 4)).toEqual([
      '03-10T15:00 = 03-11T02:00',
      '03-10T18:00 = 03-11T02:00, corrected 03-10T17:00',
      '03-11T18:00 = 03-12T02:00, corrected 03-10T17:00',
      '03-12T18:00 = 03-13T02:00',
    ])
  })

  it('is that of an at() as written, though it falls into a gap', () => {
    expect(nominals('at(2026-03-29T02:30:00)', 'Europe/Berlin', '2026-03-01T00:00', 1)).toEqual([
      '03-29T01:00 = 03-29T02:30',
    ])
  })

  for (const [expression, timezone] of [
    ['*/20 * * * *', 'Europe/Berlin'],
    ['0 * * * *', 'Europe/Berlin'],
    ['0 2 * * *', 'UTC'],
    ['0 2 * * *', 'Etc/GMT'],
    ['rate(1 hour)', 'Europe/Berlin'],
    ['at(2026-03-29T02:30:00+01:00)', 'Europe/Berlin'],
    ['at(2026-03-29T02:30:00)', 'UTC'],
  ] as const) {
    it(`is none where all go by the instant: ${expression} in ${timezone}`, () => {
      const [only] = nominals(expression, timezone, '2026-03-29T00:00', 1)
      expect(only).toMatch(/ by instant$/)
    })
  }
})
