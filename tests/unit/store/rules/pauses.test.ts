import { describe, expect, it } from 'vitest'
import type { PauseHistory } from '../../../../runtime/store/driver.ts'
import { paused, pausedReason, resumed } from '../../../../runtime/store/rules/pauses.ts'

const DAY = 24 * 3_600_000

/** Paused at each of these days, and resumed a day later. */
function after(days: readonly number[]): PauseHistory {
  let history: PauseHistory | undefined
  for (const day of days) {
    history = resumed(paused(history, { job: 'a', by: 'ann', reason: null, now: day * DAY }), (day + 1) * DAY)
  }
  if (history === undefined) throw new Error('no days')
  return history
}

describe('pauses that are over', () => {
  it('still keep a fire from being caught up after months', () => {
    const history = after([0, 200])

    expect(pausedReason(history, 0.5 * DAY)).toBe('paused: the job was paused at that time')
    expect(pausedReason(history, 1.5 * DAY)).toBeNull()
  })

  it('are forgotten after a year, and the oldest of very many', () => {
    expect(after([0, 400]).past).toEqual([[400 * DAY, 401 * DAY]])
    expect(after(Array.from({ length: 300 }, (_, index) => index)).past).toHaveLength(200)
  })
})
