import { expect, it, vi } from 'vitest'
import { LocalEngine } from '../../../runtime/engine/local-engine.ts'
import { openLog } from '../../../runtime/logging/logger.ts'
import { openStore } from '../../../runtime/store/open.ts'
import type { RunRequest, Store } from '../../../runtime/store/store.ts'
import { nextTurn } from '../../../runtime/support/clock.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'
import { RunningExecutions } from '../../../runtime/worker/running-executions.ts'
import { fireOf } from '../../conformance/fixtures.ts'
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

const JOBS = ['a', 'b', 'due']

/** An engine whose jobs run until `finish` is called. */
async function makeEngine(concurrency: number) {
  const store = await openStore('memory:')
  const clock = new TestClock()
  let complete: () => void = () => {}
  const running = new Promise<void>((resolve) => {
    complete = resolve
  })
  const started: string[] = []
  const engine = new LocalEngine({
    services: {
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
    running: new RunningExecutions({ store, clock, staleAfter: 30_000 }, 'node-1'),
    concurrency,
    staleBefore: () => 0,
    jobs: new Map(JOBS.map((name) => [name, jobWith(name)])),
    onStart: ({ job }) => void started.push(job),
    onEnd: () => {},
    onSkip: () => {},
  })
  return { engine, store, clock, started, complete: () => complete() }
}

/** Begins these jobs by hand and starts them. */
async function start(engine: LocalEngine, store: Store, ...jobs: string[]): Promise<void> {
  for (const job of jobs) {
    const begun = await store.begin(run(job))
    if (begun.acquired) engine.start([begun.execution])
  }
}

/** Puts a fire of this job into the queue. */
async function queue(store: Store, job: string): Promise<void> {
  await store.claim({ node: 'node-1', now: 1, slots: 0, staleBefore: 0, watermarks: [], fires: [fireOf(job, 0)] })
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await nextTurn()
}

it('slots are given to one at a time, and only those that are left', async () => {
  const { engine, store, complete } = await makeEngine(3)
  const seen: string[] = []
  const first = engine.withSlots(async (slots) => {
    seen.push(`first has ${slots}`)
    await start(engine, store, 'a', 'b')
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
  complete()
  await engine.stop(0)
})

it('a slot that is acquired is offered to nothing else until it is released', async () => {
  const { engine } = await makeEngine(2)
  const free = () => engine.withSlots(async (slots) => slots)

  expect([await engine.tryAcquire(), await engine.tryAcquire(), await engine.tryAcquire()]).toEqual([true, true, false])
  // What runs now takes one although there is none, and leaves none to anybody while there is one too many.
  engine.forceAcquire()
  engine.release()
  expect(await free()).toBe(0)
  engine.release()
  expect(await free()).toBe(1)
  engine.release()

  expect(await free()).toBe(2)
  await engine.stop(0)
  expect(await engine.tryAcquire()).toBe(false)
})

it('none is lent of the slots that were given to a claim which is under way', async () => {
  const { engine, store, complete } = await makeEngine(1)
  let claim: () => void = () => {}
  const answer = new Promise<void>((resolve) => {
    claim = resolve
  })

  const claiming = engine.withSlots(async () => {
    await answer
    await start(engine, store, 'a')
  })
  const acquired = engine.tryAcquire()
  claim()

  expect(await acquired).toBe(false)
  await claiming
  complete()
  await engine.stop(0)
})

it('what waits in the queue is given a slot that comes back before it is lent again', async () => {
  const { engine, store, started, complete } = await makeEngine(1)
  await engine.tryAcquire()
  await queue(store, 'due')
  engine.lookAtQueue()
  await settle()
  expect(started).toEqual([])

  engine.release()

  expect(await engine.tryAcquire()).toBe(false)
  expect(started).toEqual(['due'])
  complete()
  await engine.stop(0)
})

it('it is not idle while what is called from code holds every slot and the queue was not looked into', async () => {
  const { engine, store, started, complete } = await makeEngine(1)
  engine.forceAcquire()
  await queue(store, 'due')
  let isIdle = false
  const idle = engine.idle().then(() => {
    isIdle = true
  })
  await settle()
  expect({ isIdle, started }).toEqual({ isIdle: false, started: [] })

  engine.release()
  await settle()
  expect({ isIdle, started }).toEqual({ isIdle: false, started: ['due'] })
  complete()
  await idle
  await engine.stop(0)
})

it('an engine that was not used leaves the queue to others', async () => {
  const { engine, store, started } = await makeEngine(1)
  await queue(store, 'due')

  engine.forceAcquire()
  engine.release()
  await settle()

  expect(started).toEqual([])
  await engine.stop(0)
})

it('leaves the jobs that it does not know to other processes: nothing is taken, no attempt is spent', async () => {
  const { engine, store, started, complete } = await makeEngine(2)
  await queue(store, 'foreign')
  await queue(store, 'due')
  engine.lookAtQueue()
  await settle()
  expect(started).toEqual(['due'])
  const [foreign] = await store.executions({ jobs: ['foreign'] })
  expect(foreign).toMatchObject({ status: 'QUEUED', attempt: 0, availableAt: 0, error: null })
  complete()
  await engine.stop(0)
})

it('finds what is queued while it asks whether anything is', async () => {
  // given: the answer is from before, as a database gives it
  const { engine, store, started, complete } = await makeEngine(1)
  const next = vi.spyOn(store, 'nextAvailableAt').mockImplementationOnce(async () => {
    await queue(store, 'a')
    engine.lookAtQueue()
    return null
  })
  // when
  engine.lookAtQueue()
  await settle()
  // then
  expect(next).toHaveBeenCalled()
  expect(started).toEqual(['a'])
  complete()
  await engine.stop(0)
})

it('starts each at its time where the store notifies of what is queued, though others run and slots are free', async () => {
  // given: a store that is polled seldom
  const { engine, store, clock, started, complete } = await makeEngine(5)
  store.listen = () => ({ isLive: true, stop() {} })
  const now = clock.now()
  for (const [job, seconds] of [
    ['a', 5],
    ['b', 10],
  ] as const) {
    await store.claim({
      ...{ node: 'node-1', now, slots: 0, staleBefore: 0, watermarks: [] },
      fires: [fireOf(job, now + seconds * 1000)],
    })
  }
  // when
  engine.lookAtQueue()
  await clock.advance(5000)
  expect(started).toEqual(['a'])
  await clock.advance(5000)
  // then
  expect(started).toEqual(['a', 'b'])
  complete()
  await engine.stop(0)
})
