import { afterEach, describe, expect, it } from 'vitest'
import type { JobContext } from '../../../runtime/job/job-context.ts'
import { openLog } from '../../../runtime/logging/logger.ts'
import type { Overlap } from '../../../runtime/manifest/types.ts'
import { createScheduler, type Scheduler } from '../../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { TestClock } from '../../../runtime/testing/index.ts'

const schedulers: Scheduler[] = []
afterEach(async () => {
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.destroy()))
})

const untilAborted = ({ signal }: JobContext) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

/** Two schedulers on one store that start one after the other, with a job that runs until they stop. */
async function given(overlap: Overlap) {
  const clock = new TestClock()
  const store = await openStore('memory:')
  for (let count = 0; count < 2; count++) {
    const scheduler = createScheduler({
      jobs: [{ name: 'boot', schedule: '@reboot', overlap, run: untilAborted }],
      store,
      clock,
      shutdownTimeout: 0,
      log: openLog({ env: {}, destination: { write: () => {} } }),
    })
    schedulers.push(scheduler)
    const settled = new Promise<void>((resolve) => {
      scheduler.on('started', () => resolve())
      scheduler.on('skipped', () => resolve())
    })
    void scheduler.start()
    await settled
  }
  const all = await store.executions({})
  return all.map(({ status, skipReason }) => [status, skipReason?.split(':')[0] ?? null]).reverse()
}

describe('@reboot, where a second scheduler starts while the job runs', () => {
  it('meets overlap like any other fire', async () => {
    expect(await given('skip')).toEqual([
      ['RUNNING', null],
      ['SKIPPED', 'overlap'],
    ])
  })

  it('runs beside it where overlap is allow', async () => {
    expect(await given('allow')).toEqual([
      ['RUNNING', null],
      ['RUNNING', null],
    ])
  })
})

it('a stop aborts an @reboot job where nothing else is left to watch for', async () => {
  expect(await given('allow')).toHaveLength(2)
  const stops = schedulers.map((scheduler) => scheduler.stop().then(() => 'stopped'))
  expect(await Promise.all(stops)).toEqual(['stopped', 'stopped'])
})
