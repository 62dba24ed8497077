import { describe, expect, test } from 'vitest'
import { Staleness } from '../../../runtime/scheduler/failure-detector.ts'

const STALE_AFTER = 3000

/** Looks every second, up to `until`. */
function lookedUntil(until: number): Staleness {
  const staleness = new Staleness(STALE_AFTER)
  for (let now = 10_000; now <= until; now += 1000) staleness.looked(now)
  return staleness
}

describe('when looks come regularly', () => {
  test('then a heartbeat is stale after staleAfter', () => {
    expect(lookedUntil(20_000).before(20_500)).toBe(17_500)
  })

  test('then the first look counts too: what died before this process started is found at once', () => {
    expect(new Staleness(STALE_AFTER).before(20_000)).toBe(17_000)
  })
})

describe('when the store was away, the machine slept or the clock was stepped', () => {
  test('then nobody is stale while no look has succeeded since', () => {
    expect(lookedUntil(20_000).before(30_000)).toBe(0)
    expect(lookedUntil(20_000).before(15_000)).toBe(0)
  })

  test('then everybody has staleAfter to beat again', () => {
    const staleness = lookedUntil(20_000)
    staleness.looked(30_000)
    expect(staleness.before(30_000)).toBe(0)
    staleness.looked(31_000)
    staleness.looked(32_000)
    expect(staleness.before(32_900)).toBe(0)
    expect(staleness.before(33_000)).toBe(30_000)
  })

  test('then a single look that failed is enough', () => {
    const staleness = lookedUntil(20_000)
    staleness.failed()
    expect(staleness.before(21_000)).toBe(0)
    for (const now of [21_000, 22_000, 23_000]) staleness.looked(now)
    expect(staleness.before(23_900)).toBe(0)
    expect(staleness.before(24_000)).toBe(21_000)
  })
})
