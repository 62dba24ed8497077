import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Execution } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { faultsOfFires } from '../support/chaos-ledger.ts'
import type { ChaosScheduler } from '../support/chaos-scheduler.ts'
import { type ChaosJob, STALE_AFTER, type Stage, setStage } from '../support/chaos-stage.ts'

/** Longer than `staleAfter`, so that the next attempt begins while this one is under way. */
const LONG = 12_000

let stage: Stage | undefined
let store: Store | undefined
afterEach(async () => {
  for (const { pid, isAlive } of stage?.schedulers ?? []) if (isAlive) process.kill(pid, 'SIGCONT')
  await store?.close()
  await stage?.clear()
  stage = undefined
  store = undefined
})

async function given(job: ChaosJob): Promise<{ stage: Stage; store: Store; first: ChaosScheduler }> {
  const set = await setStage({ store: 'SQLite', jobs: [job] })
  const opened = await openStore(set.url)
  stage = set
  store = opened
  const first = set.start(['--grace', '1s'])
  await first.ready
  return { stage: set, store: opened, first }
}

const long: ChaosJob = { name: 'long', schedule: 'rate(1 hour)', work: { work: 'sleep', least: LONG, most: LONG } }

/** Waits for this attempt of the one execution to run. */
async function running(opened: Store, attempt: number): Promise<Execution> {
  return await vi.waitUntil(
    async () => (await opened.executions({ statuses: ['RUNNING'] })).find((execution) => execution.attempt === attempt),
    { timeout: 20_000, interval: 50 },
  )
}

/** Suspends a scheduler until what it runs counts as dead. */
async function suspend({ pid }: ChaosScheduler): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await sleep(STALE_AFTER + 500)
}

describe('given a scheduler that is suspended for longer than staleAfter while it runs a job', () => {
  it('when it takes the next attempt itself, then the first is aborted and a stop knows of the second', async () => {
    const { stage, store, first } = await given(long)
    await running(store, 1)
    await suspend(first)
    const now = Date.now()
    const { requeued } = await store.recover({ now, staleBefore: now - STALE_AFTER })
    expect(requeued).toHaveLength(1)

    process.kill(first.pid, 'SIGCONT')
    const second = await running(store, 2)
    // Until the first one would have ended.
    await sleep(LONG - STALE_AFTER - 1000)
    const ends = (await stage.sightings()).filter(({ kind }) => kind === 'end')
    const code = await first.strike('SIGTERM')

    expect(second.owner).toContain(`:${first.pid}:`)
    expect(ends).toEqual([])
    expect(code).toBe(0)
    expect(await store.executions({ statuses: ['RUNNING'] })).toEqual([])
    expect(await store.execution(second.id)).toMatchObject({ status: 'QUEUED', recoveries: 2 })
  }, 60_000)

  it('when another one takes the execution over, then the first attempt is aborted and its outcome refused', async () => {
    const { stage, store, first } = await given(long)
    await running(store, 1)
    const other = stage.start(['--grace', '1s'])
    await other.ready
    await suspend(first)
    const second = await running(store, 2)
    expect(second.owner).toContain(`:${other.pid}:`)

    process.kill(first.pid, 'SIGCONT')
    await vi.waitUntil(async () => (await store.execution(second.id))?.status === 'SUCCESS', { timeout: 30_000 })

    const ends = (await stage.sightings()).filter(({ kind }) => kind === 'end')
    expect(ends.map(({ attempt, pid }) => [attempt, pid])).toEqual([[2, other.pid]])
    expect(await first.strike('SIGTERM')).toBe(0)
  }, 60_000)
})

describe('given a scheduler that is suspended for 15 s with a job that is due each second', () => {
  it.each(['none', 'latest'] as const)(
    'with catchUp %s, then one fire runs and one row counts the others',
    async (catchUp) => {
      const { stage, store, first } = await given({
        name: 'tick',
        schedule: 'rate(1 second)',
        catchUp,
        work: { work: 'none' },
      })
      await vi.waitUntil(async () => (await store.executions({ statuses: ['SUCCESS'] })).length > 1, {
        timeout: 10_000,
      })
      const from = Date.now()
      process.kill(first.pid, 'SIGSTOP')
      await sleep(15_000)
      const to = Date.now()
      process.kill(first.pid, 'SIGCONT')
      await sleep(3000)
      expect(await first.strike('SIGTERM')).toBe(0)

      const all = await store.executions({ limit: 1000 })
      const meanwhile = all.filter(({ scheduledFor }) => scheduledFor > from && scheduledFor < to - 500)
      const skipped = meanwhile.filter(({ status }) => status === 'SKIPPED')
      expect(skipped.map(({ skipReason }) => skipReason?.split(':')[0])).toEqual(['coalesced'])
      expect(skipped[0]?.skipCount).toBeGreaterThan(11)
      expect(meanwhile.filter(({ status }) => status === 'SUCCESS').length).toBeLessThanOrEqual(1)
      expect(faultsOfFires(await stage.ledger())).toEqual([])
    },
    60_000,
  )
})
