import { afterEach, describe, expect, it, vi } from 'vitest'
import type { JobContext } from '../../runtime/job/job-context.ts'
import { createTestScheduler, type TestScheduler } from '../../runtime/testing/index.ts'

const NOW = '2026-03-10T10:00:00Z'
/** More than one tick claims. */
const MISSED = 1200

let running: TestScheduler | undefined
afterEach(async () => {
  await running?.stop()
})

describe('given a job with catchUp all that is due each minute, when the machine sleeps for 20 hours', () => {
  it.each(['skip', 'queue', 'cancel'] as const)('then each fire runs, in order, with overlap %s', async (overlap) => {
    const minutes: number[] = []
    const run = ({ scheduledFor }: JobContext) => void minutes.push(scheduledFor.getTime() / 60_000)
    const test = await createTestScheduler({
      now: NOW,
      env: {},
      jobs: [{ name: 'tick', schedule: '* * * * *', catchUp: 'all', overlap, run }],
    })
    running = test
    await test.clock.step(MISSED * 60_000)
    await test.advance('1m')
    await vi.waitUntil(() => minutes.length >= MISSED, { timeout: 40_000 })

    const first = Date.parse(NOW) / 60_000 + 1
    expect(minutes.slice(0, MISSED)).toEqual(Array.from({ length: MISSED }, (_, index) => first + index))
    const rows = await test.executions()
    expect(rows.filter(({ status }) => status === 'SKIPPED' || status === 'CANCELLED')).toEqual([])
  })
})
