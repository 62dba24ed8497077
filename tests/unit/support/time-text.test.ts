import { describe, expect, it } from 'vitest'
import { relativeTime } from '../../../runtime/support/time-text.ts'

const NOW = Date.UTC(2026, 0, 15, 10, 30)

describe('a time relative to now', () => {
  it.each([
    [0, 'now'],
    [999, 'now'],
    [30_000, 'in 30 s'],
    [-30_000, '30 s ago'],
    [150_000, 'in 2 min'],
    [3 * 3_600_000, 'in 3 h'],
    [47 * 3_600_000, 'in 47 h'],
    [3 * 86_400_000, 'in 3 d'],
    [-90 * 86_400_000, '2 months ago'],
    [4 * 365.25 * 86_400_000, 'in 4 years'],
  ])('%d ms away is "%s"', (distance, text) => {
    expect(relativeTime(NOW + distance, NOW)).toBe(text)
  })
})
