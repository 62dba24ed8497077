import { acquireJobLock, type HeldExecution } from '../client/job-lock.ts'
import { adoptScheduler } from '../client/run-background-job.ts'
import { type LogOutput, openLog } from '../logging/logger.ts'
import { switchedOff, undecidedSwitch } from '../manifest/environment.ts'
import { problemText } from '../manifest/problems.ts'
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts'
import type { JobStore, StoreTransaction } from '../store/job-store.ts'
import { openStore } from '../store/open.ts'
import { internalStore, type Store } from '../store/store.ts'
import { systemClock } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'
import { ExecutionLog } from '../worker/execution-log.ts'
import { captureConsole, currentScope, guardExit, type JobScope, runInScope } from '../worker/job-scope.ts'

/** One of an explicit, ordered list of functions. */
export interface NextJob {
  readonly name: string
  /** `signal` is aborted when the run is cancelled, or when the process stops and has waited long enough. */
  run(context: { readonly signal: AbortSignal }): unknown
  /** Runs inside the lock's transaction, and may say that there is nothing to do. */
  preCheck?(transaction: StoreTransaction): Promise<{ skip: false } | { skip: true; reason: string }>
}

export interface RegisterJobsOptions {
  /** Run one after the other, in this order, in one tick; default: the jobs of the workspace's manifest, each by its schedules. */
  readonly jobs?: readonly NextJob[]
  /** When the list runs; default `SYNC_CRON_SCHEDULE`, else `0 0 * * *`. */
  readonly schedule?: string
  /** IANA name; default UTC. */
  readonly timezone?: string
  /** A store, or its URL; default as the environment says. */
  readonly store?: JobStore | string
  /** Root of a built workspace, where no list is given. */
  readonly workspace?: string
}

/** The name of the job that runs the explicit list. */
const TICK = 'sync-tick'
/** Hot reload loads modules anew, but keeps the global object: one scheduler lives there. */
const KEY = Symbol.for('webstir-jobs.next')
/** The newest list: the scheduler that runs already takes the reloaded functions from there. */
const LIST = Symbol.for('webstir-jobs.next.list')
const shared = globalThis as { [KEY]?: Promise<Scheduler> | undefined; [LIST]?: readonly NextJob[] }

/**
 * To be called from `register()` of Next.js's instrumentation.ts. Starts the scheduler once, in the Node runtime only:
 * not in the edge runtime, not during `next build`, not a second time under hot reload (then, and in those, the
 * result is null or the one that runs already). SIGTERM stops it.
 */
export async function registerJobs(options: RegisterJobsOptions = {}): Promise<Scheduler | null> {
  if (process.env.NEXT_RUNTIME === 'edge' || process.env.NEXT_PHASE === 'phase-production-build') return null
  if (options.jobs !== undefined) {
    refuseTwins(options.jobs)
    shared[LIST] = options.jobs
  }
  shared[KEY] ??= begin(options).catch((error: unknown) => {
    // The next hot reload may fix it.
    shared[KEY] = undefined
    throw error
  })
  return shared[KEY]
}

async function begin(options: RegisterJobsOptions): Promise<Scheduler> {
  const log = openLog()
  const scheduler =
    options.jobs === undefined ? ofWorkspace(options, log) : ofList(options, await storeOf(options), log)
  for (const { name } of options.jobs ?? []) {
    const problem = undecidedSwitch(name, process.env)
    if (problem !== null) log.root.error({ job: name }, problemText(problem))
  }
  // What can't begin (an unreadable schedule, say) is thrown to the caller.
  await scheduler.jobs()
  void scheduler.start().catch((error: unknown) => log.root.error({ err: error }, 'the scheduler could not be started'))
  adoptScheduler(scheduler)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopFor(signal, scheduler))
  return scheduler
}

/** Next.js ends the process itself; in a custom server that has no handler, the signal has its usual effect. */
function stopFor(signal: NodeJS.Signals, scheduler: Scheduler): void {
  const isOurs = process.listenerCount(signal) === 0
  void scheduler.destroy().finally(() => (isOurs ? process.kill(process.pid, signal) : undefined))
}

function ofWorkspace({ workspace, store }: RegisterJobsOptions, log: LogOutput): Scheduler {
  return createScheduler({
    log,
    ...(store === undefined ? {} : { store }),
    ...(workspace === undefined ? {} : { workspace }),
  })
}

async function storeOf({ store }: RegisterJobsOptions): Promise<Store> {
  return typeof store === 'object' ? internalStore(store) : openStore(store)
}

function ofList(options: RegisterJobsOptions, store: Store, log: LogOutput): Scheduler {
  captureConsole()
  guardExit()
  const schedule = options.schedule ?? (process.env.SYNC_CRON_SCHEDULE || '0 0 * * *')
  const tick = {
    name: TICK,
    schedule,
    timezone: options.timezone ?? 'UTC',
    run: () => runInOrder(shared[LIST] ?? [], store, log),
  }
  return createScheduler({ store, log, clock: systemClock, jobs: [tick] })
}

function refuseTwins(jobs: readonly NextJob[]): void {
  const twin = jobs.find(({ name }, index) => jobs.findIndex((other) => other.name === name) !== index)
  if (twin === undefined) return
  throw new JobsError('DUPLICATE_NAME', `two of the jobs are called "${twin.name}"`, { hint: 'rename one of them' })
}

/** Each through its own lock and record; one that fails doesn't keep the next from running. */
async function runInOrder(jobs: readonly NextJob[], store: Store, log: LogOutput): Promise<void> {
  const { root } = log
  const failed: string[] = []
  for (const { name, run, preCheck } of jobs) {
    const lock = await acquireJobLock(store, name, { preCheck: enabledFirst(name, preCheck) }).catch(
      (error: unknown) => {
        root.error({ job: name, err: error }, `[${name}] not run: its pre-check failed: ${messageOf(error)}`)
        return null
      },
    )
    if (lock === null) {
      failed.push(name)
      continue
    }
    if (!lock.acquired) {
      root.info({ job: name }, `[${name}] not run: ${lock.reason}`)
      continue
    }
    try {
      await runLogged(lock.execution, run, store, log)
      // What was cancelled is recorded so, whether or not its code stopped.
      lock.execution.signal.throwIfAborted()
      await lock.execution.succeed()
      root.info({ job: name }, `[${name}] succeeded`)
    } catch (error) {
      await lock.execution.fail(error)
      failed.push(name)
      root.error({ job: name, err: error }, `[${name}] failed: ${messageOf(error)}`)
    }
  }
  if (failed.length > 0) throw new JobsError('SYNC_FAILED', `failed: ${failed.join(', ')}`)
}

/** What it writes with `console` is logged under its name, and kept with its execution. */
async function runLogged(
  { id, job, signal }: HeldExecution,
  run: NextJob['run'],
  store: Store,
  log: LogOutput,
): Promise<void> {
  const kept = new ExecutionLog({ store, clock: systemClock, log }, { id, job, tenant: '', attempt: 1 })
  const outer = currentScope()
  const scope: JobScope = {
    job,
    executionId: id,
    chain: [job],
    log: () => kept.logger(),
    call: outer?.call,
    signal: outer === undefined ? signal : AbortSignal.any([outer.signal, signal]),
    onUnhandledError: (error) => kept.logger().error({ err: error }, 'an error that nothing handled'),
    fail: (error) => kept.logger().error({ err: error }, 'the job cannot go on'),
  }
  try {
    await runInScope(scope, () => run({ signal: scope.signal }))
  } finally {
    await kept.flush()
  }
}

/** `NAME_ENABLED=false` turns a job of the list off, too: with a row that says so. */
function enabledFirst(name: string, preCheck: NextJob['preCheck']): NonNullable<NextJob['preCheck']> {
  return async (transaction) => {
    const off = switchedOff(name, process.env)
    if (off !== null) return { skip: true, reason: `disabled: ${off}` }
    return preCheck === undefined ? { skip: false } : preCheck(transaction)
  }
}
