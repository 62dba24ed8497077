import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { JobContext } from '../../../runtime/job/job-context.ts'
import { createTestScheduler, type TestScheduler, type TestSchedulerOptions } from '../../../runtime/testing/index.ts'
import { FatalError, RetryableError } from '../../../runtime/worker/outcome.ts'

const NOW = '2026-03-10T10:00:00Z'
let test_: TestScheduler | undefined
afterEach(async () => {
  await test_?.stop()
  test_ = undefined
}, 10_000)

async function scheduler(
  jobs: TestSchedulerOptions['jobs'],
  options: Omit<TestSchedulerOptions, 'jobs'> = {},
): Promise<TestScheduler> {
  test_ = await createTestScheduler({ now: NOW, env: {}, ...options, ...(jobs === undefined ? {} : { jobs }) })
  return test_
}

const summary = async (running: TestScheduler) =>
  (await running.executions()).map(({ job, status, scheduledFor, skipReason, skipCount, skippedUntil, attempt }) => ({
    job,
    status,
    at: scheduledFor.slice(11, 19),
    ...(status === 'SKIPPED'
      ? { why: skipReason?.split(':')[0], count: skipCount, until: skippedUntil?.slice(11, 19) }
      : {}),
    ...(attempt > 1 ? { attempt } : {}),
  }))

/** A job that runs until it is let go, and tells how often it began. */
function gate() {
  const begun: string[] = []
  const waiting: (() => void)[] = []
  return {
    begun,
    release: () => waiting.shift()?.(),
    run: async ({ scheduledFor, signal }: JobContext) => {
      begun.push(scheduledFor.toISOString().slice(11, 19))
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    },
  }
}

describe('overlap', () => {
  it('skip: fires that find the job running are recorded in one row that counts them', async () => {
    const slow = gate()
    const running = await scheduler([{ name: 'slow', schedule: '* * * * *', run: slow.run }])
    await running.advance('3m')
    slow.release()
    await running.advance('1m')
    expect(await summary(running)).toEqual([
      { job: 'slow', status: 'SUCCESS', at: '10:01:00' },
      { job: 'slow', status: 'SKIPPED', at: '10:02:00', why: 'overlap', count: 2, until: '10:03:00' },
      { job: 'slow', status: 'RUNNING', at: '10:04:00' },
    ])
  })

  it('queue: the newest waits, an older one that waits gives way to it', async () => {
    const slow = gate()
    const running = await scheduler([{ name: 'slow', schedule: '* * * * *', overlap: 'queue', run: slow.run }])
    await running.advance('3m')
    expect(await summary(running)).toEqual([
      { job: 'slow', status: 'RUNNING', at: '10:01:00' },
      { job: 'slow', status: 'SKIPPED', at: '10:02:00', why: 'replaced', count: 1, until: '10:02:00' },
      { job: 'slow', status: 'QUEUED', at: '10:03:00' },
    ])
    slow.release()
    await running.advance('1s')
    expect(slow.begun).toEqual(['10:01:00', '10:03:00'])
  })

  it('allow: they run beside each other', async () => {
    const slow = gate()
    const running = await scheduler([{ name: 'slow', schedule: '* * * * *', overlap: 'allow', run: slow.run }])
    await running.advance('3m')
    expect(slow.begun).toEqual(['10:01:00', '10:02:00', '10:03:00'])
  })

  it('cancel: the running one is aborted, and the newer one runs after it', async () => {
    const slow = gate()
    const running = await scheduler([{ name: 'slow', schedule: '* * * * *', overlap: 'cancel', run: slow.run }])
    await running.advance('2m')
    await running.advance('5s')
    expect(await summary(running)).toEqual([
      { job: 'slow', status: 'CANCELLED', at: '10:01:00' },
      { job: 'slow', status: 'RUNNING', at: '10:02:00' },
    ])
  })
})

it('two schedules of one job that fire at the same instant run one after the other', async () => {
  const seen: unknown[] = []
  const running = await scheduler([
    {
      name: 'twice',
      schedule: ['*/5 * * * *', { schedule: '0 * * * *', args: ['hourly'] }],
      run: ({ args }: JobContext) => void seen.push([...args]),
    },
  ])
  await running.advance('1h')
  expect(seen).toHaveLength(13)
  expect(seen.slice(-2)).toContainEqual(['hourly'])
  expect((await running.executions()).every(({ status }) => status === 'SUCCESS')).toBe(true)
})

describe('retry', () => {
  it('follows after its delay, keeps its execution, and ends as what the last attempt was', async () => {
    const at: string[] = []
    const running = await scheduler([
      {
        name: 'flaky',
        schedule: '0 11 * * *',
        retry: { attempts: 3, delay: '10s', backoff: 'fixed' },
        run: ({ attempt }: JobContext) => {
          at.push(running.clock.now() % 60_000 === 0 ? '0' : String((running.clock.now() % 60_000) / 1000))
          if (attempt < 3) throw new Error('not yet')
        },
      },
    ])
    await running.advanceTo('2026-03-10T11:01:00Z')
    expect(at).toEqual(['0', '10', '20'])
    expect(await summary(running)).toEqual([{ job: 'flaky', status: 'SUCCESS', at: '11:00:00', attempt: 3 }])
  })

  it('a fatal error ends it; a retryable one chooses its delay', async () => {
    let attempts = 0
    const running = await scheduler([
      {
        name: 'fatal',
        schedule: '0 11 * * *',
        retry: { attempts: 5 },
        run: () => {
          throw new FatalError('bad input')
        },
      },
      {
        name: 'later',
        schedule: '0 11 * * *',
        retry: { attempts: 2, delay: '1s' },
        run: () => {
          attempts++
          if (attempts === 1) throw new RetryableError('come back', { retryAfter: 60_000 })
        },
      },
    ])
    await running.advanceTo('2026-03-10T11:00:59Z')
    expect(attempts).toBe(1)
    await running.advanceTo('2026-03-10T11:01:01Z')
    expect(attempts).toBe(2)
    expect(await summary(running)).toEqual([
      { job: 'fatal', status: 'FAILURE', at: '11:00:00' },
      { job: 'later', status: 'SUCCESS', at: '11:00:00', attempt: 2 },
    ])
  })
})

it('timeout: the signal is aborted with the reason, and the failure says how long it was', async () => {
  let reason: unknown
  const running = await scheduler([
    {
      name: 'long',
      schedule: '0 11 * * *',
      timeout: '30s',
      run: async ({ signal }: JobContext) => {
        await once(signal, 'abort')
        reason = signal.reason
        throw signal.reason
      },
    },
  ])
  await running.advanceTo('2026-03-10T11:01:00Z')
  expect(reason).toMatchObject({ code: 'TIMEOUT' })
  const [row] = await running.executions()
  expect(row).toMatchObject({
    status: 'FAILURE',
    error: { code: 'TIMEOUT', message: 'it took longer than its timeout of 30 s' },
  })
})

describe('after', () => {
  const chain = (first: () => void) => {
    const order: string[] = []
    const note = (name: string) => () => void order.push(name)
    const jobs = [
      { name: 'load', schedule: '0 11 * * *', after: ['extract'], priority: 'critical', run: note('load') },
      {
        name: 'extract',
        schedule: '0 11 * * *',
        run: () => {
          note('extract')()
          first()
        },
      },
      { name: 'report', schedule: '0 11 * * *', after: ['load'], priority: 'critical', run: note('report') },
      { name: 'alone', schedule: '0 12 * * *', after: ['extract'], run: note('alone') },
    ]
    return { order, jobs }
  }

  it('a job waits for those it names, of the same instant; where those have no such fire, for nothing', async () => {
    const { order, jobs } = chain(() => {})
    const running = await scheduler(jobs)
    await running.advanceTo('2026-03-10T12:00:05Z')
    expect(order).toEqual(['extract', 'load', 'report', 'alone'])
  })

  it('if one of them fails, it is skipped, with the reason, and so is what waits for it in turn', async () => {
    const { order, jobs } = chain(() => {
      throw new Error('no source')
    })
    const running = await scheduler(jobs)
    await running.advanceTo('2026-03-10T11:00:10Z')
    expect(order).toEqual(['extract'])
    const rows = await running.executions()
    expect(rows.find(({ job }) => job === 'load')).toMatchObject({
      status: 'SKIPPED',
      skipReason: expect.stringMatching(/^after: .*extract/),
    })
    expect(rows.find(({ job }) => job === 'report')).toMatchObject({
      status: 'SKIPPED',
      skipReason: expect.stringMatching(/^after: .*load/),
    })
  })
})

it('concurrency 1 makes a tick run strictly one after another, by priority', async () => {
  const order: string[] = []
  let running_ = 0
  const jobs = ['low', 'high', 'normal', 'critical'].map((priority) => ({
    name: `job-${priority}`,
    schedule: '0 11 * * *',
    priority,
    run: async () => {
      expect(++running_).toBe(1)
      order.push(priority)
      await Promise.resolve()
      running_--
    },
  }))
  const running = await scheduler(jobs, { concurrency: 1 })
  await running.advanceTo('2026-03-10T11:00:05Z')
  expect(order).toEqual(['critical', 'high', 'normal', 'low'])
})

it('jitter delays a start, and never changes the instant of the fire', async () => {
  const late: number[] = []
  const running = await scheduler([
    {
      name: 'spread',
      schedule: '* * * * *',
      jitter: '30s',
      run: ({ scheduledFor }: JobContext) => void late.push(running.clock.now() - scheduledFor.getTime()),
    },
  ])
  await running.advance('20m')
  expect(late.length).toBeGreaterThanOrEqual(19)
  expect(Math.max(...late)).toBeLessThanOrEqual(30_000)
  expect(new Set(late).size).toBeGreaterThan(10)
  for (const { scheduledFor } of await running.executions()) expect(scheduledFor).toMatch(/:00\.000Z$/)
})

it('a paused job makes no run, and what was due meanwhile is not caught up', async () => {
  const running = await scheduler([{ name: 'tick', schedule: '* * * * *', catchUp: 'all', run: () => {} }])
  await running.scheduler.pause('tick', 'maintenance')
  await running.advance('3m')
  await running.scheduler.resume('tick')
  await running.advance('1m')
  expect(await summary(running)).toEqual([
    { job: 'tick', status: 'SKIPPED', at: '10:01:00', why: 'paused', count: 3, until: '10:03:00' },
    { job: 'tick', status: 'SUCCESS', at: '10:04:00' },
  ])
})

it('a rate fires at once when it is first seen, and then at its anchor plus whole periods', async () => {
  const running = await scheduler([{ name: 'beat', schedule: 'rate(7 minutes)', run: () => {} }])
  await running.advance('20m')
  expect((await running.fired()).map(({ scheduledFor }) => scheduledFor.slice(11, 19))).toEqual([
    '10:00:00',
    '10:07:00',
    '10:14:00',
  ])
})

describe('the machine slept', () => {
  it('none: of what came due meanwhile one fire runs, not a burst', async () => {
    const running = await scheduler([{ name: 'tick', schedule: '*/2 * * * * *', catchUp: 'none', run: () => {} }])
    await running.advance('2s')
    await running.clock.step(75_000)
    await running.advance('2s')
    expect(await summary(running)).toEqual([
      { job: 'tick', status: 'SUCCESS', at: '10:00:02' },
      { job: 'tick', status: 'SKIPPED', at: '10:00:04', why: 'missed', count: 8, until: '10:00:18' },
      { job: 'tick', status: 'SKIPPED', at: '10:00:20', why: 'coalesced', count: 29, until: '10:01:16' },
      { job: 'tick', status: 'SUCCESS', at: '10:01:18' },
    ])
  })
})

describe('the clock is stepped', () => {
  it('back by an hour: no instant fires twice', async () => {
    const running = await scheduler([{ name: 'tick', schedule: '*/10 * * * *', run: () => {} }])
    await running.advance('30m')
    await running.clock.step(-3_600_000)
    await running.advance('90m')
    const fired = (await running.fired()).map(({ scheduledFor }) => scheduledFor)
    expect(new Set(fired).size).toBe(fired.length)
    expect(fired.map((at) => at.slice(11, 16))).toEqual(['10:10', '10:20', '10:30', '10:40', '10:50', '11:00'])
  })

  it('forward by an hour: the newest of what was missed runs, the others are on record', async () => {
    const running = await scheduler([{ name: 'tick', schedule: '*/10 * * * *', run: () => {} }])
    await running.advance('5m')
    await running.clock.step(3_600_000)
    await running.advance('1m')
    expect(await summary(running)).toEqual([
      { job: 'tick', status: 'SKIPPED', at: '10:10:00', why: 'coalesced', count: 5, until: '10:50:00' },
      { job: 'tick', status: 'SUCCESS', at: '11:00:00' },
    ])
  })
})
