import { afterEach, describe, expect, it } from 'vitest'
import { openLog } from '../../../runtime/logging/logger.ts'
import type { SchedulerOptions } from '../../../runtime/scheduler/open-scheduler.ts'
import { createScheduler, type Scheduler } from '../../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { nextTurn, sleep } from '../../../runtime/support/clock.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'
import type { JobDefinition } from '../../../runtime/workspace/jobs-in-code.ts'

const quiet = openLog({ env: {}, destination: { write: () => {} } })
const TENANTS = Array.from({ length: 12 }, (_, index) => `t${index + 1}`)

/** Counts what runs at once; whoever only waits for others is not counted. */
class Gauge {
  now = 0
  most = 0

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.most = Math.max(this.most, ++this.now)
    try {
      return await work()
    } finally {
      this.now--
    }
  }
}

/** Some turns of the event loop, so that whatever may run beside does. */
async function aWhile(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

interface Started {
  readonly scheduler: Scheduler
  readonly clock: TestClock
  readonly records: () => Promise<{ job: string; tenant: string; status: string; startedAt: number }[]>
}

/** Watches these jobs on a clock that the test moves. */
async function start(
  concurrency: number,
  jobs: (clock: TestClock) => readonly JobDefinition[],
  tenants: NonNullable<SchedulerOptions['tenants']> = TENANTS,
): Promise<Started> {
  const clock = new TestClock('2026-01-01T00:00:00Z')
  const store = await openStore('memory:')
  const scheduler = createScheduler({
    store,
    clock,
    log: quiet,
    settings: { concurrency },
    tenants,
    jobs: jobs(clock),
    shutdownTimeout: 0,
  })
  open.push(async () => {
    await scheduler.destroy()
    await store.close()
  })
  // Whatever is loaded late is loaded by then.
  await scheduler.jobs()
  void scheduler.start()
  await clock.settle()
  const records = async () =>
    (await store.executions({ limit: 1000 })).reverse().map(({ job, tenant, status, startedAt }) => ({
      job,
      tenant,
      status,
      startedAt: startedAt ?? 0,
    }))
  return { scheduler, clock, records }
}

/** Moves time on until nothing runs or waits: those who find no free slot look again after a second. */
async function untilIdle(clock: TestClock, records: Started['records']): Promise<void> {
  while ((await records()).some(({ status }) => status === 'RUNNING' || status === 'QUEUED')) await clock.advance(100)
}

/** Runs for `duration` ms of the clock's time. */
const lasting = (duration: number, clock: TestClock) => () => sleep(clock, duration)

describe('a job for many tenants that another job calls', () => {
  it.each([1, 2, 4])('runs at %i, its own tenants and all others taken together', async (concurrency) => {
    const gauge = new Gauge()
    const inCode = new Gauge()
    const busy = () => gauge.during(aWhile)
    const { clock, records } = await start(concurrency, () => [
      {
        name: 'outer',
        schedule: '* * * * *',
        priority: 5,
        run: async (ctx) => {
          await busy()
          await ctx.runBackgroundJob('bill')
          await busy()
        },
      },
      { name: 'bill', multiTenant: true, run: () => inCode.during(busy) },
      ...['a', 'b', 'c', 'd'].map((name) => ({ name, schedule: '* * * * *', run: busy })),
    ])

    await clock.advance(60_000)
    await untilIdle(clock, records)

    expect(gauge.most).toBe(concurrency)
    expect(inCode.most).toBe(concurrency)
    const done = await records()
    expect(done.filter(({ tenant }) => tenant !== '')).toHaveLength(TENANTS.length)
    expect(new Set(done.map(({ status }) => status))).toEqual(new Set(['SUCCESS']))
  })

  it('leaves what is due the slots that it was lent, tenant by tenant, and takes them again when they are free', async () => {
    const { clock, records } = await start(
      2,
      (clock) => [
        { name: 'outer', schedule: '0 0 * * * *', run: (ctx) => ctx.runBackgroundJob('bill') },
        { name: 'bill', multiTenant: true, run: lasting(20_000, clock) },
        { name: 'tick', schedule: '30 * * * * *', run: lasting(500, clock) },
      ],
      TENANTS.slice(0, 10),
    )

    await clock.advanceTo(new Date('2026-01-01T01:02:20Z'))

    const since = Date.parse('2026-01-01T01:00:00Z')
    const seen = (await records()).filter(({ startedAt }) => startedAt >= since)
    const at = (job: string): number[] => {
      const theseRuns = seen.filter((record) => record.job === job && (job !== 'bill' || record.tenant !== ''))
      return theseRuns.map(({ startedAt }) => (startedAt - since) / 1000)
    }
    // Due at 30 and 90, when both slots are full: each is given the first one that comes back.
    expect(at('tick')).toEqual([40, 100])
    // Two at a time, but for the time that tick had; from when on it has ended is seen within a second.
    expect(at('bill')).toEqual([0, 0, 20, 20, 40, 41, 60, 61, 80, 81])
    expect(seen.filter(({ status }) => status !== 'SUCCESS')).toEqual([])
  })

  it('gives its slot back while a tenant waits for its next attempt', async () => {
    const starts: string[] = []
    const { clock, records } = await start(
      2,
      () => [
        { name: 'outer', schedule: '0 0 * * * *', run: (ctx) => ctx.runBackgroundJob('bill') },
        {
          name: 'bill',
          multiTenant: true,
          retry: { attempts: 2, delay: '10m', backoff: 'fixed' },
          run: async ({ tenant, attempt }) => {
            starts.push(`${tenant} ${attempt}`)
            if (attempt === 1) throw new Error('no')
          },
        },
        { name: 'tick', schedule: '*/10 * * * * *', run: async () => {} },
      ],
      ['t1', 't2'],
    )

    await clock.advanceTo(new Date('2026-01-01T01:00:45Z'))
    const soon = await records()
    await clock.advanceTo(new Date('2026-01-01T01:11:00Z'))

    expect(soon.filter(({ job }) => job === 'tick').at(-1)?.status).toBe('SUCCESS')
    expect(soon.filter(({ job, status }) => job === 'tick' && status !== 'SUCCESS')).toEqual([])
    expect(starts.sort()).toEqual(['t1 1', 't1 2', 't2 1', 't2 2'])
    expect((await records()).find(({ job }) => job === 'outer')?.status).toBe('SUCCESS')
  })

  it('begins no further tenant once its caller was aborted', async () => {
    const { clock, records } = await start(2, () => [
      { name: 'outer', schedule: '0 0 * * * *', timeout: '30s', run: (ctx) => ctx.runBackgroundJob('bill') },
      {
        name: 'bill',
        multiTenant: true,
        run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
    ])

    await clock.advanceTo(new Date('2026-01-01T01:00:40Z'))

    const seen = (await records()).map(({ job, tenant, status }) => `${job} ${tenant} ${status}`)
    expect(seen).toEqual(['outer  FAILURE', 'bill  FAILURE', 'bill t1 FAILURE', 'bill t2 FAILURE'])
  })
})

describe('a job for many tenants that is run from outside of any job', () => {
  it.each([1, 3])('runs at %i, what is due included', async (concurrency) => {
    const gauge = new Gauge()
    const busy = () => gauge.during(aWhile)
    const { scheduler, clock, records } = await start(concurrency, () => [
      { name: 'bill', multiTenant: true, run: busy },
      { name: 'a', schedule: '* * * * *', run: busy },
      { name: 'b', schedule: '* * * * *', run: busy },
    ])
    await clock.advance(59_999)

    const running = scheduler.runBackgroundJob('bill')
    await clock.advance(1)
    await untilIdle(clock, records)
    await running

    expect(gauge.most).toBe(concurrency)
    const ran = (await records()).filter(({ status }) => status === 'SUCCESS')
    const expected = ['a', 'b', 'bill', ...TENANTS.map((tenant) => `bill${tenant}`)]
    expect(ran.map(({ job, tenant }) => job + tenant).sort()).toEqual(expected.sort())
  })

  it('takes a slot at once, though none is free, and leaves the others fewer', async () => {
    const { scheduler, clock, records } = await start(1, (clock) => [
      { name: 'now', run: lasting(90_000, clock) },
      { name: 'due', schedule: '* * * * *', run: async () => {} },
    ])

    const running = scheduler.runBackgroundJob('now')
    await clock.advance(80_000)
    const meanwhile = await records()
    await clock.advance(20_000)
    await running

    expect(meanwhile.map(({ job, status }) => `${job} ${status}`)).toEqual(['now RUNNING', 'due QUEUED'])
    expect((await records()).map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS'])
  })
})
