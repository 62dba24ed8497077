import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acquireJobLock, type JobLock } from '../../runtime/client/job-lock.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { TestClock } from '../../runtime/testing/test-clock.ts'
import { testDatabase } from '../support/postgres.ts'

let folder: string
const opened: Store[] = []
const cleanUps: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webstir-lock-'))
})
afterAll(async () => {
  for (const store of opened) await store.close()
  for (const cleanUp of cleanUps) await cleanUp()
  await rm(folder, { recursive: true, force: true })
})

async function open(url: string): Promise<Store> {
  const store = await openStore(url)
  opened.push(store)
  return store
}

function held(lock: JobLock): Extract<JobLock, { acquired: true }>['execution'] {
  if (!lock.acquired) throw new Error(`the lock was not acquired: ${lock.reason}`)
  return lock.execution
}

const drivers = [
  { name: 'SQLite', url: async () => `file:${join(folder, 'jobs.sqlite')}` },
  {
    name: 'PostgreSQL',
    url: async () => {
      const database = await testDatabase()
      cleanUps.push(() => database.release())
      return database.url
    },
  },
]

describe.each(drivers)('acquireJobLock on $name', ({ url }) => {
  let here: Store
  let there: Store
  beforeAll(async () => {
    const target = await url()
    here = await open(target)
    there = await open(target)
  })

  it('one of two takes it, and the execution is RUNNING until it ends as what was said', async () => {
    const first = held(await acquireJobLock(here, 'report'))
    expect(await here.execution(first.id)).toMatchObject({ status: 'RUNNING', trigger: 'code' })
    const second = await acquireJobLock(there, 'report')
    expect(second).toMatchObject({ acquired: false, cause: 'locked' })
    await first.succeed()
    expect(await there.execution(first.id)).toMatchObject({ status: 'SUCCESS' })
    const third = held(await acquireJobLock(there, 'report'))
    await third.fail(Object.assign(new Error('no disk'), { code: 'ENOSPC' }))
    expect(await here.execution(third.id)).toMatchObject({
      status: 'FAILURE',
      error: { code: 'ENOSPC', message: 'no disk' },
    })
  })

  it('ten at once: exactly one takes it', async () => {
    const locks = await Promise.all(
      Array.from({ length: 10 }, (_, index) => acquireJobLock(index % 2 === 0 ? here : there, 'crowd')),
    )
    const winners = locks.filter(({ acquired }) => acquired)
    expect(winners).toHaveLength(1)
    for (const lock of winners) await held(lock).succeed()
  })

  it('tenants have locks of their own', async () => {
    const acme = held(await acquireJobLock(here, 'bill', { tenant: 'acme' }))
    const other = held(await acquireJobLock(there, 'bill', { tenant: 'other' }))
    await Promise.all([acme.succeed(), other.succeed()])
  })

  it('a pre-check sees the database of the store, and may say that there is nothing to do', async () => {
    const done = held(await acquireJobLock(here, 'monthly'))
    await done.succeed()
    const again = await acquireJobLock(there, 'monthly', {
      preCheck: async (tx) => {
        const [row] = await tx.query<{ n: number | string }>(
          'select count(*) as n from job_execution where job = ? and status = ?',
          ['monthly', 'SUCCESS'],
        )
        return Number(row?.n) > 0 ? { skip: true, reason: 'Already completed for this period' } : { skip: false }
      },
    })
    expect(again).toMatchObject({
      acquired: false,
      cause: 'pre-check',
      reason: expect.stringContaining('Already completed for this period'),
    })
    const rows = await here.executions({ jobs: ['monthly'] })
    expect(rows.map(({ status }) => status)).toEqual(['SKIPPED', 'SUCCESS'])
  })

  it('a pre-check that throws leaves no trace but its error, and the lock free', async () => {
    const failing = acquireJobLock(here, 'checked', {
      preCheck: async (tx) => {
        await tx.execute(`update job_open set job = 'defaced'`)
        throw new Error('the rates are not there yet')
      },
    })
    await expect(failing).rejects.toThrow('the rates are not there yet')
    expect(await there.executions({ jobs: ['defaced', 'checked'] })).toEqual([])
    await held(await acquireJobLock(there, 'checked')).succeed()
  })

  it('a holder without a heartbeat for staleAfter no longer holds it, once it was waited for as long', async () => {
    const clock = new TestClock(Date.now())
    const silent = held(await acquireJobLock(here, 'silent', { clock, staleAfter: '30s' }))
    const early = await acquireJobLock(there, 'silent', {
      staleAfter: '60s',
      clock: new TestClock(clock.now() + 31_000),
    })
    expect(early.acquired).toBe(false)
    const later = new TestClock(clock.now() + 31_000)
    let lock: JobLock | undefined
    const taking = acquireJobLock(await open(there.target ?? ''), 'silent', { staleAfter: '30s', clock: later }).then(
      (end) => {
        lock = end
      },
    )
    // Each second of the test clock as long as a look into the store takes.
    for (; lock === undefined; await later.advance(1000)) await there.nodes()
    await taking
    if (lock === undefined) throw new Error('the lock was not acquired')
    const taken = held(lock)
    expect(later.now()).toBeGreaterThanOrEqual(clock.now() + 61_000)
    expect(taken.id).not.toBe(silent.id)
    await taken.succeed()
  })

  it('ending twice changes nothing', async () => {
    const execution = held(await acquireJobLock(here, 'twice'))
    await execution.succeed()
    await execution.fail(new Error('too late'))
    expect(await here.execution(execution.id)).toMatchObject({ status: 'SUCCESS', error: null })
  })

  it('its process is a node of the store while it holds a lock, and no longer', async () => {
    const nodes = async (): Promise<number> => (await there.nodes()).length
    const store = await open(there.target ?? '')
    const before = await nodes()
    const one = held(await acquireJobLock(store, 'node-one'))
    const two = held(await acquireJobLock(store, 'node-two'))
    expect((await acquireJobLock(store, 'node-two')).acquired).toBe(false)
    expect(await nodes()).toBe(before + 1)

    await one.succeed()
    expect(await nodes()).toBe(before + 1)
    await two.fail(new Error('no'))
    expect(await nodes()).toBe(before)

    const again = held(await acquireJobLock(store, 'node-one'))
    expect(await nodes()).toBe(before + 1)
    await again.succeed()
    expect(await nodes()).toBe(before)
  })

  it('a request to cancel aborts the signal of the execution, whose failure then is a cancellation', async () => {
    const execution = held(await acquireJobLock(here, 'cancelled'))
    expect(execution.signal.aborted).toBe(false)
    const aborted = new Promise((resolve) => execution.signal.addEventListener('abort', resolve))

    expect(await there.cancel(execution.id, Date.now())).toBe('requested')
    await aborted
    await execution.fail(execution.signal.reason)

    expect(await here.execution(execution.id)).toMatchObject({ status: 'CANCELLED', error: { code: 'CANCELLED' } })
  })
})

it('staleAfter must be at least a second', async () => {
  const store = await open('memory:')
  await expect(acquireJobLock(store, 'report', { staleAfter: '10ms' })).rejects.toThrow(
    /not a valid duration of at least one second/,
  )
})
