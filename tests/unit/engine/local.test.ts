import { expect, test } from 'vitest'
import { LocalEngine } from '../../../runtime/engine/local.ts'
import { openLog } from '../../../runtime/logging/logger.ts'
import { openStore } from '../../../runtime/store/open.ts'
import type { RunRequest } from '../../../runtime/store/store.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'
import { jobWith } from '../../support/job.ts'

const run = (job: string): RunRequest => ({
  node: 'node-1',
  now: 1,
  job,
  tenant: '',
  trigger: 'manual',
  scheduleKey: '',
  scheduledFor: 1,
  args: [],
  priority: 0,
  maxAttempts: 1,
  recoverLimit: 0,
  parentId: null,
  lock: 'exclusive',
  staleBefore: 0,
})

test('slots are given to one at a time, and only those that are left', async () => {
  const clock = new TestClock()
  const store = await openStore('memory:')
  let finish: () => void = () => {}
  const running = new Promise<void>((resolve) => {
    finish = resolve
  })
  const engine = new LocalEngine({
    around: {
      store,
      clock,
      env: {},
      staleAfter: 30_000,
      log: openLog({ level: 'silent', destination: { write: () => {} } }),
      modules: {
        load: async () => ({
          file: 'test',
          preCheck: undefined,
          run: () => running,
          schedules: () => [],
          multiTenant: undefined,
          filter: undefined,
        }),
      },
    },
    node: 'node-1',
    concurrency: 3,
    staleBefore: () => 0,
    job: (name) => jobWith(name),
    onStart: () => {},
    onEnd: () => {},
    onSkip: () => {},
  })
  const seen: string[] = []
  const first = engine.withSlots(async (slots) => {
    seen.push(`first has ${slots}`)
    const started = [await store.begin(run('a')), await store.begin(run('b'))]
    engine.start(started.flatMap((start) => (start.acquired ? [start.execution] : [])))
    seen.push('first is done')
  })
  const second = engine.withSlots(async (slots) => {
    seen.push(`second has ${slots}`)
    throw new Error('the store is away')
  })
  const third = engine.withSlots(async (slots) => void seen.push(`third has ${slots}`))
  await expect(second).rejects.toThrow('away')
  await Promise.all([first, third])
  expect(seen).toEqual(['first has 3', 'first is done', 'second has 1', 'third has 1'])
  finish()
  await engine.stop(0)
})
