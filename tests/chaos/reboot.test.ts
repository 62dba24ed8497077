import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { type Stage, setStage } from '../support/chaos-stage.ts'

let stage: Stage | undefined
let store: Store | undefined
afterEach(async () => {
  await store?.close()
  await stage?.clear()
})

describe('given an @reboot job that takes long', () => {
  it('when schedulers are killed and started anew, then it runs once at a time and the other starts are on record', async () => {
    const set = await setStage({
      store: 'SQLite',
      jobs: [
        { name: 'boot', schedule: '@reboot', work: { work: 'sleep', least: 60_000, most: 60_000 } },
        // Keeps those that watch from ending because nothing is left to watch for.
        { name: 'other', schedule: 'rate(1 hour)', work: { work: 'none' } },
      ],
    })
    stage = set
    const opened = await openStore(set.url)
    store = opened
    let alive = set.start()
    await vi.waitUntil(async () => (await opened.executions({ jobs: ['boot'], statuses: ['RUNNING'] })).length > 0, {
      timeout: 10_000,
    })
    const atOnce: number[] = []
    for (let round = 1; round <= 3; round++) {
      const next = set.start()
      await next.ready
      await vi.waitUntil(
        async () => {
          const all = await opened.executions({ jobs: ['boot'] })
          atOnce.push(all.filter(({ status }) => status === 'RUNNING').length)
          return all.reduce((sum, { skipCount }) => sum + skipCount, 0) >= round
        },
        { timeout: 10_000, interval: 50 },
      )
      await alive.strike('SIGKILL')
      alive = next
    }
    // What the killed one ran is taken over by the one that lives.
    await vi.waitUntil(
      async () =>
        (await opened.executions({ jobs: ['boot'], statuses: ['RUNNING'] }))[0]?.owner.includes(`:${alive.pid}:`),
      { timeout: 15_000 },
    )
    await sleep(500)

    const all = await opened.executions({ jobs: ['boot'] })
    expect(Math.max(...atOnce)).toBe(1)
    expect(all.filter(({ status }) => status !== 'SKIPPED')).toHaveLength(1)
    const skips = all.filter(({ status }) => status === 'SKIPPED')
    expect(skips.every(({ skipReason }) => skipReason?.startsWith('overlap: '))).toBe(true)
    expect(skips.reduce((sum, { skipCount }) => sum + skipCount, 0)).toBe(3)
  }, 90_000)
})
