import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobContext } from '../../runtime/job/job-context.ts'
import { openLog } from '../../runtime/logging/logger.ts'
import { DEFAULT_SETTINGS, type Job } from '../../runtime/manifest/index.ts'
import { SchedulerLoop } from '../../runtime/scheduler/loop.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { TestClock } from '../../runtime/testing/test-clock.ts'
import { jobWith } from '../support/job.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.parse('2026-03-10T12:00:00Z')

let folder: string
let store: Store
let clock: TestClock
/** What ran, as "job HH:MM". */
let ran: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webstir-clock-'))
  store = await openStore(`file:${join(folder, 'jobs.sqlite')}`)
  clock = new TestClock(START)
  ran = []
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

function loopOf(jobs: readonly Job[], run: (context: JobContext) => unknown = () => {}): SchedulerLoop {
  const settings = DEFAULT_SETTINGS
  return new SchedulerLoop({
    jobs,
    settings,
    firesReboots: true,
    hasAllJobs: true,
    services: {
      store,
      clock,
      env: {},
      staleAfter: settings.staleAfter,
      log: openLog({ destination: { write: () => {} } }),
      modules: {
        load: async (job) => ({
          file: 'test',
          preCheck: undefined,
          run: (context) => {
            ran.push(`${job} ${context.scheduledFor.toISOString().slice(11, 16)}`)
            return run(context)
          },
          schedules: () => [],
          multiTenant: undefined,
          filter: undefined,
        }),
      },
    },
  })
}

const every10 = (from: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(`2026-03-10T${from}:00Z`) + index * 10 * MINUTE).toISOString().slice(11, 16),
  )

describe('given a job every ten minutes', () => {
  it('when the clock is set back by an hour, then no fire runs twice and the next new one runs in time', async () => {
    const loop = loopOf([jobWith('tens', ['*/10 * * * *'])])
    void loop.start()
    await clock.advance(25 * MINUTE)
    await clock.step(-HOUR)
    await clock.advance(90 * MINUTE)
    await loop.stop(0)

    expect(ran).toEqual(every10('12:10', 5).map((time) => `tens ${time}`))
  })

  it('when the clock is set forward by an hour, then the newest missed fire runs once and the others are on record', async () => {
    const loop = loopOf([jobWith('tens', ['*/10 * * * *'])])
    void loop.start()
    await clock.advance(25 * MINUTE)
    await clock.step(HOUR)
    await clock.advance(20 * MINUTE)
    await loop.stop(0)

    expect(ran).toEqual(['12:10', '12:20', '13:20', '13:30', '13:40'].map((time) => `tens ${time}`))
    const skips = await store.executions({ statuses: ['SKIPPED'] })
    expect(skips.map(({ skipCount, skipReason }) => [skipCount, skipReason?.split(':')[0]])).toEqual([[5, 'coalesced']])
  })

  it('when catchUp is all, then each missed fire runs once and in order', async () => {
    const loop = loopOf([jobWith('tens', ['*/10 * * * *'], { catchUp: 'all', overlap: 'queue' })])
    void loop.start()
    await clock.advance(25 * MINUTE)
    await clock.step(HOUR)
    await clock.advance(MINUTE)
    await loop.stop(0)

    expect(ran).toEqual(every10('12:10', 8).map((time) => `tens ${time}`))
  })

  it('when the clock is set forward and back again, then each fire has one execution', async () => {
    const loop = loopOf([jobWith('tens', ['*/10 * * * *']), jobWith('rate', ['rate(7 minutes)'])])
    void loop.start()
    await clock.advance(25 * MINUTE)
    for (const step of [HOUR, -HOUR, -HOUR, HOUR]) {
      await clock.step(step)
      await clock.advance(25 * MINUTE)
    }
    await clock.advance(2 * HOUR)
    await loop.stop(0)

    expect(new Set(ran).size).toBe(ran.length)
    const all = await store.executions({ limit: 1000 })
    const tens = all.filter(({ job }) => job === 'tens')
    const claimed = tens.reduce((sum, { status, skipCount }) => sum + (status === 'SKIPPED' ? skipCount : 1), 0)
    const [newest] = tens
    expect(claimed).toBe(((newest?.scheduledFor ?? 0) - START) / (10 * MINUTE))
  })
})

describe('given a job that is running', () => {
  for (const [way, step] of [
    ['forward', HOUR],
    ['back', -HOUR],
  ] as const) {
    it(`when the clock is set ${way} by an hour, then it is not taken for dead`, async () => {
      let finish = (): void => {}
      const loop = loopOf(
        [jobWith('long', ['30 12 * * *'], { timeout: 24 * HOUR })],
        () =>
          new Promise<void>((resolve) => {
            finish = resolve
          }),
      )
      void loop.start()
      await clock.advance(31 * MINUTE)
      await clock.step(step)
      await clock.advance(5 * MINUTE)
      finish()
      await clock.advance(1000)
      await loop.stop(0)

      expect(ran).toEqual(['long 12:30'])
      const all = await store.executions({})
      expect(all.map(({ status, attempt, recoveries }) => [status, attempt, recoveries])).toEqual([['SUCCESS', 1, 0]])
    })
  }
})
