import type { DatabaseClient } from '../job/database.ts'
import type { EnqueueOptions, JobHandle } from '../job/enqueue.ts'
import { openLog } from '../logging/logger.ts'
import { type ExecutionRecord, executionRecord } from '../operations/executions.ts'
import type { SchedulerOptions } from '../scheduler/open-scheduler.ts'
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts'
import type { Trigger } from '../store/execution.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { nextTurn } from '../support/clock.ts'
import { durationOf } from '../support/duration.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import type { JobDefinition } from '../workspace/jobs-in-code.ts'
import { TestClock } from './test-clock.ts'

export interface TestSchedulerOptions {
  /** Jobs in code; or `workspace`: the root of a built one. */
  readonly jobs?: readonly JobDefinition[]
  readonly workspace?: string
  /** The clock's first instant; default 2026-01-01T00:00:00Z. */
  readonly now?: Date | string | number
  /** With jobs in code: makes their `database`, anew for each run. */
  readonly database?: () => FakeDatabase | Promise<FakeDatabase>
  /** With jobs in code: the tenants of those that are multi-tenant. */
  readonly tenants?: NonNullable<SchedulerOptions['tenants']>
  /** Executions at once; default 10. */
  readonly concurrency?: number
  /** Instead of the process's environment. */
  readonly env?: Record<string, string | undefined>
}

/** The database of a test: a real client, or the part of one that the jobs use. */
export interface FakeDatabase {
  query?(sql: string, parameters?: readonly unknown[]): Promise<readonly unknown[]>
  execute?(sql: string, parameters?: readonly unknown[]): Promise<{ changes: number }>
  close?(): Promise<void> | void
}

/** A scheduler in a test: no real timers, no sleeps, a store in memory. */
export interface TestScheduler {
  readonly clock: TestClock
  /** The scheduler itself, for events, pausing and more. */
  readonly scheduler: Scheduler
  /** Moves time forward by a duration such as `1h` or `90s`, or by ms, and runs everything that is due on the way. */
  advance(duration: string | number): Promise<void>
  advanceTo(instant: Date | string): Promise<void>
  /** Runs one job now; rejects with the job's error. A retry's delay passes only as the test moves the clock. */
  runJob(name: string, ...args: JsonValue[]): Promise<void>
  /** Hands a job over; it runs at once, or as the test moves the clock. */
  enqueue(name: string, args?: readonly JsonValue[], options?: EnqueueOptions): Promise<JobHandle>
  /** The executions recorded so far, oldest first. */
  executions(): Promise<ExecutionRecord[]>
  /** The fires that ran so far, oldest first: `{ job, scheduledFor }`. */
  fired(): Promise<{ job: string; scheduledFor: string }[]>
  /** The lines logged so far. */
  log(): string[]
  stop(): Promise<void>
}

/** Starts a scheduler on a clock that the test moves. Stop it at the end of the test. */
export async function createTestScheduler(options: TestSchedulerOptions): Promise<TestScheduler> {
  const store = await openStore('memory:')
  const clock = new TestClock(options.now, workEnds(store))
  const lines: string[] = []
  const { now: _now, concurrency, database, ...given } = options
  const scheduler = createScheduler({
    ...given,
    ...(database === undefined ? {} : { database: async () => clientOf(await database()) }),
    ...(concurrency === undefined ? {} : { settings: { concurrency } }),
    clock,
    store,
    shutdownTimeout: 0,
    log: openLog({ env: {}, clock, level: 'debug', destination: { write: (line) => void lines.push(line.trimEnd()) } }),
  })
  // An error in the jobs rejects here, not through the promise of start, which is awaited only at the end.
  await scheduler.jobs()
  const watching = scheduler.start()
  watching.catch(() => {})
  await clock.settle()
  const executions = async (): Promise<ExecutionRecord[]> => {
    const [all, texts] = await Promise.all([store.executions({ limit: 1_000_000 }), store.scheduleTexts()])
    return all
      .reverse()
      .map((execution) => executionRecord(execution, texts.get(execution.scheduleKey)?.expression, []))
  }
  return {
    clock,
    scheduler,
    advance: async (duration) => clock.advance(millisecondsOf(duration)),
    advanceTo: (instant) => clock.advanceTo(new Date(instant)),
    async enqueue(name, args, options) {
      const handle = await scheduler.enqueue(name, args, options)
      await clock.settle()
      return handle
    },
    runJob: (name, ...args) => scheduler.runBackgroundJob(name, ...args),
    executions,
    async fired() {
      const fires = (await executions()).filter(({ status, trigger }) => status !== 'SKIPPED' && IS_FIRE.has(trigger))
      return fires.map(({ job, scheduledFor }) => ({ job, scheduledFor }))
    },
    log: () => [...lines],
    async stop() {
      const destroyed = scheduler.destroy().then(() => true)
      // Jobs that wait for the clock end as it moves.
      const moved = async (): Promise<boolean> => {
        await clock.advance(1000)
        return false
      }
      while (!(await Promise.race([destroyed, moved()])));
      await watching
    },
  }
}

function clientOf(fake: FakeDatabase): DatabaseClient {
  const missing = (method: string): JobsError =>
    new JobsError('FAKE_DATABASE', `the database of this test has no ${method}()`, {
      hint: `give it one: createTestScheduler({ database: () => ({ ${method}: async () => ... }) })`,
    })
  return {
    async query<Row>(sql: string, parameters?: readonly unknown[]) {
      if (fake.query === undefined) throw missing('query')
      // The type of the rows is what the job claims, here as with a real database.
      return [...(await fake.query(sql, parameters))] as Row[]
    },
    async execute(sql, parameters) {
      if (fake.execute === undefined) throw missing('execute')
      return fake.execute(sql, parameters)
    },
    async close() {
      await fake.close?.()
    },
  }
}

const IS_FIRE: ReadonlySet<Trigger> = new Set<Trigger>(['schedule', 'catch-up'])

/** How long running jobs may really take before time moves on, in ms: they may be waiting for the clock. */
const TIMEOUT = 1000

/** Waits for running jobs: files and databases take real time, and none of the clock's. */
function workEnds(store: Store): () => Promise<void> {
  const left = new Set<string>()
  return async () => {
    const until = performance.now() + TIMEOUT
    for (;;) {
      const running = await store.executions({ statuses: ['RUNNING'], limit: 1000 })
      const waitedFor = running.filter(({ id, attempt }) => !left.has(`${id} ${attempt}`))
      if (waitedFor.length === 0) return
      if (performance.now() > until) {
        for (const { id, attempt } of waitedFor) left.add(`${id} ${attempt}`)
        return
      }
      await nextTurn()
    }
  }
}

function millisecondsOf(duration: string | number): number {
  const milliseconds = durationOf(duration)
  if (milliseconds !== undefined) return milliseconds
  throw new JobsError('DURATION', `advance: ${JSON.stringify(duration)} is not a valid duration`, {
    hint: 'pass a text such as "1h" or "90s", or milliseconds',
  })
}
