import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { JobContext } from '../../runtime/job/job-context.ts'
import { openLog } from '../../runtime/logging/logger.ts'
import { createScheduler } from '../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../runtime/store/open.ts'
import { testDatabase } from '../support/postgres.ts'
import { fireOf } from './fixtures.ts'

let database: Awaited<ReturnType<typeof testDatabase>> | undefined

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database?.release()
})

const untilAborted = ({ signal }: JobContext): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

it('a scheduler starts what another process queues, and ends what it asks to cancel, without polling for it', async () => {
  // given
  const url = database?.url ?? ''
  const [store, others] = await Promise.all([openStore(url), openStore(url)])
  const starts: number[] = []
  const scheduler = createScheduler({
    jobs: [
      { name: 'quick', run: () => void starts.push(Date.now()) },
      { name: 'slow', schedule: '@yearly', run: untilAborted },
    ],
    store,
    log: openLog({ env: {}, destination: { write: () => {} } }),
    shutdownTimeout: 0,
  })
  const watching = scheduler.start()
  // The scheduler listens from its first poll on, with the one connection that its store has for that.
  await new Promise<void>((resolve) => store.listen(({ kind }) => kind === 'listening' && resolve()))
  await sleep(1500)
  const queue = async (job: string): Promise<string> => {
    const now = Date.now()
    const tick = { node: 'others', now, slots: 0, staleBefore: 0, watermarks: [] }
    const [claimed] = await others.claim({ ...tick, fires: [fireOf(job, now, { maxAttempts: 1 })] })
    return claimed?.outcome === 'queued' ? claimed.executionId : ''
  }
  // when
  const delays: number[] = []
  for (let count = 0; count < 5; count++) {
    const queuedAt = Date.now()
    await queue('quick')
    await vi.waitFor(() => expect(starts).toHaveLength(count + 1), { interval: 5, timeout: 5000 })
    delays.push((starts.at(-1) ?? 0) - queuedAt)
    await sleep(100)
  }
  // then: a poll each second would take half of one on average
  delays.sort((a, b) => a - b)
  expect(delays[2], String(delays)).toBeLessThan(250)

  // when
  const id = await queue('slow')
  await vi.waitFor(async () => expect((await others.execution(id))?.status).toBe('RUNNING'), { timeout: 5000 })
  // It listens from its first poll on.
  await sleep(2500)
  const askedAt = Date.now()
  await others.cancel(id, askedAt)
  // then
  await vi.waitFor(async () => expect((await others.execution(id))?.status).toBe('CANCELLED'), { interval: 5 })
  expect(Date.now() - askedAt).toBeLessThan(500)
  await scheduler.destroy()
  await watching
  await Promise.all([store.close(), others.close()])
})
