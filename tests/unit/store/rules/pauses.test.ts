import { describe, expect, it } from 'vitest'
import type { PauseHistory } from '../../../../runtime/store/driver.ts'
import { paused, pausedReason, pausesAt, resumed } from '../../../../runtime/store/rules/pauses.ts'

const DAY = 24 * 3_600_000

/** Paused at each of these days, and resumed a day later. */
function after(days: readonly number[]): PauseHistory {
  let history: PauseHistory | undefined
  for (const day of days) {
    history = resumed(
      paused(history, { scope: 'job', job: 'a', by: 'ann', reason: null, now: day * DAY }),
      (day + 1) * DAY,
    )
  }
  if (history === undefined) throw new Error('no days')
  return history
}

describe('pauses that are over', () => {
  it('still keep a fire from being caught up after months', () => {
    const history = after([0, 200])

    const reasonAt = (scheduledFor: number) => pausedReason(pausesAt([history], 300 * DAY), { job: 'a', scheduledFor })
    expect(reasonAt(0.5 * DAY)).toBe('paused: the job was paused at that time')
    expect(reasonAt(1.5 * DAY)).toBeNull()
  })

  it('are forgotten after a year, and the oldest of very many', () => {
    expect(after([0, 400]).past).toEqual([[400 * DAY, 401 * DAY]])
    expect(after(Array.from({ length: 300 }, (_, index) => index)).past).toHaveLength(200)
  })
})

describe('a pause with an end', () => {
  const until = 2 * DAY
  const history = paused(undefined, { scope: 'queue', job: 'reports', by: 'ann', reason: null, now: DAY, until })
  const reasonAt = (now: number, scheduledFor: number, queue = 'reports') =>
    pausedReason(pausesAt([history], now), { job: 'a', queue, scheduledFor })

  it('holds until then, for the jobs of its queue', () => {
    expect(reasonAt(until - 1, until - 1)).toBe('paused: the queue reports, by ann, until 1970-01-03T00:00:00Z')
    expect(reasonAt(until - 1, until - 1, 'default')).toBeNull()
  })

  it('is over by the clock, and what was due before stays skipped', () => {
    expect(reasonAt(until, until)).toBeNull()
    expect(reasonAt(until + DAY, until - 1)).toBe('paused: the queue reports was paused at that time')
    const again = paused(history, { scope: 'queue', job: 'reports', by: 'bob', reason: 'more', now: 5 * DAY })
    expect(again).toMatchObject({ since: 5 * DAY, until: null, past: [[DAY, until]] })
  })
})
