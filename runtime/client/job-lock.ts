import { hostname } from 'node:os'
import type { Execution, Outcome } from '../store/execution.ts'
import type { JobStore, PreCheckVerdict, StoreTransaction } from '../store/job-store.ts'
import { internalStore, type Store } from '../store/store.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import { parseDuration } from '../support/duration.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { VERSION } from '../support/version.ts'
import { deadAfter, type Heartbeat, newNodeId, startHeartbeat } from '../worker/node-session.ts'
import { errorRecord } from '../worker/outcome.ts'

export interface JobLockOptions {
  /** A holder without a heartbeat for this long counts as dead: a text such as `30s`, or ms; default 30 s, at least 1 s. */
  readonly staleAfter?: string | number
  /**
   * Runs inside the lock's transaction, before the execution is recorded, and may query the store's database. If it
   * throws, nothing is recorded and the error is the caller's.
   */
  readonly preCheck?: (transaction: StoreTransaction) => Promise<PreCheckVerdict>
  /** Locks are on (job, tenant). */
  readonly tenant?: string
  /** Kept with the execution. */
  readonly args?: readonly JsonValue[]
  readonly clock?: Clock
}

/** An execution whose lock is held until one of these is called. Calling a second one changes nothing. */
export interface HeldExecution {
  /** UUID v7; the id in job-history. */
  readonly id: string
  readonly job: string
  succeed(): Promise<void>
  fail(error: unknown): Promise<void>
  progress(percent: number, message?: string): Promise<void>
}

export type JobLock =
  | { readonly acquired: true; readonly execution: HeldExecution }
  | { readonly acquired: false; readonly cause: 'locked' | 'pre-check' | 'already-claimed'; readonly reason: string }

/**
 * Takes the lock of a job, and records a RUNNING execution in the same transaction. Its heartbeat runs until
 * `succeed` or `fail`. Where neither is called, the end of the process settles it as failed, or, if the process was
 * killed, its missing heartbeat does.
 */
export async function acquireJobLock(jobStore: JobStore, job: string, options: JobLockOptions = {}): Promise<JobLock> {
  const store = internalStore(jobStore)
  const staleAfter = milliseconds(options.staleAfter ?? 30_000)
  const keeper = await keeperOf(store, options.clock ?? systemClock)
  const now = keeper.clock.now()
  const start = await store.begin({
    node: keeper.node,
    now,
    job,
    tenant: options.tenant ?? '',
    trigger: 'code',
    scheduleKey: '',
    scheduledFor: now,
    args: options.args ?? [],
    priority: 0,
    maxAttempts: 1,
    recoverLimit: 0,
    parentId: null,
    lock: 'exclusive',
    staleBefore: now - deadAfter(store, staleAfter),
    ...(options.preCheck === undefined ? {} : { preCheck: options.preCheck }),
  })
  if (!start.acquired) return { acquired: false, cause: start.cause, reason: start.reason }
  return { acquired: true, execution: keeper.hold(start.execution, staleAfter) }
}

function milliseconds(given: string | number): number {
  const value = typeof given === 'number' ? given : parseDuration(given)
  if (value !== undefined && value >= 1000) return value
  throw new JobsError('STALE_AFTER', `staleAfter ${JSON.stringify(given)} is no duration of at least one second`, {
    hint: 'such as "30s", or 30000 (ms)',
  })
}

/** Holds the locks of one store in this process: one node, and one heart that beats while any lock is held. */
class LockKeeper {
  readonly node = newNodeId()
  readonly #held = new Map<string, Execution>()
  #heartbeat: { readonly heartbeat: Heartbeat; readonly every: number } | undefined

  constructor(
    private readonly store: Store,
    readonly clock: Clock,
  ) {
    // Code that forgot to end an execution: when nothing else keeps the process, it is settled here.
    process.on('beforeExit', () => void this.#settleForgotten())
  }

  hold(execution: Execution, staleAfter: number): HeldExecution {
    this.#held.set(execution.id, execution)
    this.#beatAtLeastEvery(Math.floor(staleAfter / 3))
    return {
      id: execution.id,
      job: execution.job,
      succeed: () => this.#end(execution, { kind: 'success' }),
      fail: (error) => this.#end(execution, { kind: 'failure', error: errorRecord(error) }),
      progress: (percent, message) => this.store.setProgress(execution.id, percent, message ?? null),
    }
  }

  #beatAtLeastEvery(every: number): void {
    if (this.#heartbeat !== undefined && this.#heartbeat.every <= every) return
    void this.#heartbeat?.heartbeat.stop()
    this.#heartbeat = { heartbeat: startHeartbeat(this.store, this.node, every, this.clock), every }
  }

  async #end({ id, owner, attempt }: Execution, outcome: Outcome): Promise<void> {
    if (!this.#held.delete(id)) return
    await this.store.complete({ id, owner, attempt, at: this.clock.now(), outcome })
    if (this.#held.size > 0) return
    await this.#heartbeat?.heartbeat.stop()
    this.#heartbeat = undefined
  }

  async #settleForgotten(): Promise<void> {
    for (const execution of [...this.#held.values()]) {
      const message = 'the process ended, and neither succeed() nor fail() had been called'
      const error = { code: 'FORGOTTEN', message, stack: null }
      await this.#end(execution, { kind: 'failure', error }).catch(() => {})
    }
  }
}

const keepers = new WeakMap<Store, Promise<LockKeeper>>()

/** The keeper of a store; its node is made known to the store once. */
function keeperOf(store: Store, clock: Clock): Promise<LockKeeper> {
  const known = keepers.get(store)
  if (known !== undefined) return known
  const made = register(store, new LockKeeper(store, clock))
  keepers.set(store, made)
  made.catch(() => keepers.delete(store))
  return made
}

async function register(store: Store, keeper: LockKeeper): Promise<LockKeeper> {
  const now = keeper.clock.now()
  await store.registerNode({
    id: keeper.node,
    host: hostname(),
    pid: process.pid,
    version: VERSION,
    startedAt: now,
    heartbeatAt: now,
    nextWakeAt: now,
    fires: false,
  })
  return keeper
}
