import { afterEach, describe, expect, it } from 'vitest'
import type { JobContext } from '../../../runtime/job/job-context.ts'
import { openLog } from '../../../runtime/logging/logger.ts'
import { createScheduler, type Scheduler } from '../../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { TestClock } from '../../../runtime/testing/index.ts'

let scheduler: Scheduler | undefined
afterEach(async () => {
  await scheduler?.destroy()
  scheduler = undefined
})

/** Runs until its signal is aborted, then throws the reason. */
const untilAborted = ({ signal }: JobContext): Promise<void> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

async function given(jobs: NonNullable<Parameters<typeof createScheduler>[0]>['jobs']) {
  const clock = new TestClock()
  const store = await openStore('memory:')
  const log = openLog({ env: {}, destination: { write: () => {} } })
  scheduler = createScheduler({ jobs: jobs ?? [], store, clock, log, shutdownTimeout: 0 })
  return { clock, store, scheduler }
}

/** The id of the next execution of this job, when it starts. */
function nextStart(of: Scheduler, job: string): Promise<string> {
  return new Promise((resolve) => {
    of.on('started', ({ execution }) => (execution.job === job ? resolve(execution.id) : undefined))
  })
}

describe('a request to cancel', () => {
  it('reaches a run that was started from code, within a second', async () => {
    // given
    const { clock, store, scheduler } = await given([{ name: 'slow', run: untilAborted }])
    const started = nextStart(scheduler, 'slow')
    const run = scheduler.runBackgroundJob('slow').catch((error: unknown) => error)
    const id = await started

    // when
    expect(await store.cancel(id, clock.now())).toBe('requested')
    await clock.advance(1000)

    // then
    expect(await run).toMatchObject({ code: 'CANCELLED' })
    expect(await store.execution(id)).toMatchObject({ status: 'CANCELLED' })
  })

  it('reaches a job that another one called, and leaves the caller to go on', async () => {
    let caught: unknown
    const { clock, store, scheduler } = await given([
      { name: 'inner', run: untilAborted },
      {
        name: 'outer',
        run: async (context) => {
          caught = await context.runBackgroundJob('inner').catch((error: unknown) => error)
        },
      },
    ])
    const started = nextStart(scheduler, 'inner')
    const run = scheduler.runBackgroundJob('outer')
    const id = await started

    await store.cancel(id, clock.now())
    await clock.advance(1000)
    await run

    expect(caught).toMatchObject({ code: 'CANCELLED' })
    expect(await store.execution(id)).toMatchObject({ status: 'CANCELLED' })
  })

  it('reaches a fire of the loop', async () => {
    const { clock, store, scheduler } = await given([
      { name: 'slow', schedule: '* * * * *', overlap: 'skip', run: untilAborted },
    ])
    const started = nextStart(scheduler, 'slow')
    const watching = scheduler.start()
    await clock.settle()
    await clock.advance(60_000)
    const id = await started

    await store.cancel(id, clock.now())
    await clock.advance(1000)

    expect(await store.execution(id)).toMatchObject({ status: 'CANCELLED' })
    await scheduler.stop()
    await watching
  })
})

describe('a stop', () => {
  it('ends the wait for a further attempt of a run from code, and records it as cancelled', async () => {
    const { clock, store, scheduler } = await given([
      {
        name: 'fails',
        retry: { attempts: 2, delay: '10m', backoff: 'fixed' },
        run: () => {
          throw new Error('the first time')
        },
      },
    ])
    const failed = new Promise<string>((resolve) => scheduler.on('failed', ({ execution }) => resolve(execution.id)))
    const run = scheduler.runBackgroundJob('fails').catch((error: unknown) => error)
    const id = await failed

    await scheduler.stop()

    expect(await run).toMatchObject({ code: 'STOPPED' })
    expect(await store.execution(id)).toMatchObject({ status: 'CANCELLED' })
    expect(await store.executions({ statuses: ['QUEUED', 'RUNNING'] })).toEqual([])
    await clock.settle()
  })

  it('aborts what is started from code while it waits', async () => {
    const { clock, store, scheduler } = await given([
      { name: 'inner', run: untilAborted },
      {
        name: 'outer',
        run: async (context) => {
          await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }))
          await context.runBackgroundJob('inner')
        },
      },
    ])
    const started = nextStart(scheduler, 'outer')
    const run = scheduler.runBackgroundJob('outer').catch((error: unknown) => error)
    await started

    await scheduler.stop()

    expect(await run).toBeInstanceOf(Error)
    expect(await store.executions({ statuses: ['QUEUED', 'RUNNING'] })).toEqual([])
    await clock.settle()
  })
})
