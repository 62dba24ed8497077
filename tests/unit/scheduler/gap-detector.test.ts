import { describe, expect, it } from 'vitest'
import { GapDetector } from '../../../runtime/scheduler/gap-detector.ts'

const START = 1_000_000

/** A loop that has looked once and then sleeps until `sleepsUntil`; `busy` is how long it then computes, in ms. */
function given(sleepsUntil: number) {
  let cpu = 0
  const gaps = new GapDetector(() => cpu)
  gaps.look(START)
  gaps.sleepsUntil(sleepsUntil)
  return {
    gaps,
    computeFor(milliseconds: number) {
      cpu += milliseconds
    },
  }
}

describe('a loop was there to fire', () => {
  it('from its first look on', () => {
    const { gaps } = given(START + 60_000)
    expect(gaps.aliveFrom).toBe(START + 1)
    expect(gaps.hasNewGap).toBe(false)
  })

  it('while it sleeps as long as it meant to, and a little longer', () => {
    const { gaps } = given(START + 60_000)
    gaps.look(START + 65_000)
    expect(gaps.aliveFrom).toBe(START + 1)
  })

  it("while a job's code blocks it", () => {
    const { gaps, computeFor } = given(START + 1000)
    computeFor(30_000)
    gaps.look(START + 31_000)
    expect(gaps.aliveFrom).toBe(START + 1)
  })

  it('not while the process was suspended', () => {
    const { gaps } = given(START + 1000)
    gaps.look(START + 31_000)
    expect(gaps.aliveFrom).toBe(START + 31_001)
    expect(gaps.hasNewGap).toBe(true)
    gaps.caughtUp()
    expect(gaps.hasNewGap).toBe(false)
  })

  it('not where it comes more than a minute late, whatever the reason', () => {
    const { gaps, computeFor } = given(START + 1000)
    computeFor(90_000)
    gaps.look(START + 91_000)
    expect(gaps.aliveFrom).toBe(START + 91_001)
  })

  it('not while the store was away', () => {
    const { gaps } = given(START + 1000)
    gaps.gapUntil(START + 3000)
    expect(gaps.aliveFrom).toBe(START + 3001)
  })

  it('when the clock is set back', () => {
    const { gaps } = given(START + 1000)
    gaps.look(START - 3_600_000)
    expect(gaps.aliveFrom).toBe(START - 3_599_999)
    expect(gaps.hasNewGap).toBe(false)
  })
})
