import { describe, expect, it } from 'vitest'
import { readInstant } from '../../../../cli/command-line/option-values.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const read = (text: string, direction: 'ago' | 'ahead' = 'ago'): string =>
  new Date(readInstant('since', text, NOW, direction)).toISOString()

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
  ])('reads %s, in UTC where it has no offset', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it('takes a duration for the future where that is meant', () => {
    expect(read('1h30m', 'ahead')).toBe('2026-11-22T13:30:00.000Z')
  })

  it.each(['', 'yesterday', '2026-02-30', '2026-13-01', '12:00', '2026-11-20T25:00', '5', '-2h'])(
    'refuses "%s"',
    (text) => {
      expect(() => read(text)).toThrow(/--since ".*" is no time/)
    },
  )
})
