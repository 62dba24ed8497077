import { describe, expect, it } from 'vitest'
import { FailureDetector } from '../../../runtime/worker/failure-detector.ts'

const STALE_AFTER = 3000

/** Looks every second, up to `until`. */
function lookedUntil(until: number): FailureDetector {
  const detector = new FailureDetector(STALE_AFTER)
  for (let now = 10_000; now <= until; now += 1000) detector.observed(now)
  return detector
}

describe('when looks come regularly', () => {
  it('then a heartbeat is stale after staleAfter', () => {
    expect(lookedUntil(20_000).before(20_500)).toBe(17_500)
  })

  it('then nothing is stale before this process has seen the store answer for staleAfter', () => {
    const detector = new FailureDetector(STALE_AFTER)
    expect(detector.before(20_000)).toBe(0)
    for (const now of [20_000, 21_000, 22_000]) detector.observed(now)
    expect(detector.before(22_900)).toBe(0)
    expect(detector.before(23_000)).toBe(20_000)
  })
})

describe('when the store was away, the machine slept or the clock was stepped', () => {
  it('then nothing is stale while no look has succeeded since', () => {
    expect(lookedUntil(20_000).before(30_000)).toBe(0)
    expect(lookedUntil(20_000).before(15_000)).toBe(0)
  })

  it('then everybody has staleAfter to beat again', () => {
    const detector = lookedUntil(20_000)
    detector.observed(30_000)
    expect(detector.before(30_000)).toBe(0)
    detector.observed(31_000)
    detector.observed(32_000)
    expect(detector.before(32_900)).toBe(0)
    expect(detector.before(33_000)).toBe(30_000)
  })

  it('then a single look that failed is enough', () => {
    const detector = lookedUntil(20_000)
    detector.failed()
    expect(detector.before(21_000)).toBe(0)
    for (const now of [21_000, 22_000, 23_000]) detector.observed(now)
    expect(detector.before(23_900)).toBe(0)
    expect(detector.before(24_000)).toBe(21_000)
  })
})
