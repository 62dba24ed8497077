import type { Execution, Outcome } from '../store/execution.ts'
import type { JobStore, PreCheckVerdict, StoreTransaction } from '../store/job-store.ts'
import { internalStore, type RunStart, type Store } from '../store/store.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import { durationOf } from '../support/duration.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { abortedBy } from '../worker/abort.ts'
import { beginRun } from '../worker/begin-run.ts'
import { FailureDetector } from '../worker/failure-detector.ts'
import { deadAfter, NodeSession } from '../worker/node-session.ts'
import { errorRecord } from '../worker/outcome.ts'
import { RunningExecutions } from '../worker/running-executions.ts'

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
  /** Aborted when the execution is to be cancelled, or was taken over after its heartbeats had failed to arrive. */
  readonly signal: AbortSignal
  succeed(): Promise<void>
  /** Records a failure; once `signal` was aborted, that it was cancelled. */
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
  const { tenant = '', args = [], preCheck, clock = systemClock } = options
  const keeper = keeperOf(store, clock, staleAfter)
  return keeper.acquire(staleAfter, (node, detector) =>
    beginRun({ store, clock, detector }, (now) => ({
      node,
      job,
      tenant,
      trigger: 'code',
      scheduleKey: '',
      scheduledFor: now,
      args,
      priority: 0,
      maxAttempts: 1,
      recoverLimit: 0,
      parentId: null,
      lock: 'exclusive',
      ...(preCheck === undefined ? {} : { preCheck }),
    })),
  )
}

function milliseconds(given: string | number): number {
  const value = durationOf(given)
  if (value !== undefined && value >= 1000) return value
  throw new JobsError(
    'STALE_AFTER',
    `staleAfter ${JSON.stringify(given)} is not a valid duration of at least one second`,
    {
      hint: 'pass a text such as "30s", or milliseconds',
    },
  )
}

/** Holds the locks of one store in this process: as one node, which the store knows while any lock is held. */
class LockKeeper {
  readonly #store: Store
  readonly #clock: Clock
  readonly #session: NodeSession
  readonly #running: RunningExecutions
  readonly #held = new Map<string, Held>()
  /** By `staleAfter`, which may differ from lock to lock. */
  readonly #detectors = new Map<number, FailureDetector>()
  /** Locks that are held or being acquired. */
  #users = 0
  /** Opens and closes the session one after the other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(store: Store, clock: Clock, staleAfter: number) {
    this.#store = store
    this.#clock = clock
    this.#session = new NodeSession({ store, clock })
    this.#running = new RunningExecutions({ store, clock, staleAfter }, this.#session.id)
    // Code that forgot to end an execution: when nothing else keeps the process, it is settled here.
    process.on('beforeExit', () => void this.#settleForgotten())
  }

  /** Acquires with what `begin` does as this node; the node is known to the store for as long as a lock is held. */
  async acquire(
    staleAfter: number,
    begin: (node: string, detector: FailureDetector) => Promise<RunStart>,
  ): Promise<JobLock> {
    this.#users++
    let isHeld = false
    try {
      await this.#inTurn(() => this.#session.open(staleAfter))
      const start = await begin(this.#session.id, this.#detectorOf(staleAfter))
      if (!start.acquired) return { acquired: false, cause: start.cause, reason: start.reason }
      isHeld = true
      return { acquired: true, execution: this.#hold(start.execution) }
    } finally {
      if (!isHeld) await this.#leave()
    }
  }

  #detectorOf(staleAfter: number): FailureDetector {
    const known = this.#detectors.get(staleAfter)
    if (known !== undefined) return known
    const made = new FailureDetector(deadAfter(this.#store, staleAfter))
    this.#detectors.set(staleAfter, made)
    return made
  }

  #hold(execution: Execution): HeldExecution {
    const aborting = new AbortController()
    let forget = (): void => {}
    const done = new Promise<void>((resolve) => {
      forget = resolve
    })
    this.#held.set(execution.id, { execution, forget })
    this.#running.add({ execution, done, abort: (cause) => aborting.abort(abortedBy(cause)) }, 'cancel')
    const { id, job } = execution
    return {
      id,
      job,
      signal: aborting.signal,
      succeed: () => this.#end(id, { kind: 'success' }),
      fail: (error) =>
        this.#end(id, { kind: aborting.signal.aborted ? 'cancelled' : 'failure', error: errorRecord(error) }),
      progress: (percent, message) => this.#store.setProgress(id, percent, message ?? null),
    }
  }

  async #end(id: string, outcome: Outcome): Promise<void> {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    const { owner, attempt } = held.execution
    try {
      await this.#store.complete({ id, owner, attempt, at: this.#clock.now(), outcome })
    } finally {
      held.forget()
      await this.#leave()
    }
  }

  async #leave(): Promise<void> {
    this.#users--
    await this.#inTurn(async () => {
      if (this.#users === 0) await this.#session.close()
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #settleForgotten(): Promise<void> {
    for (const id of [...this.#held.keys()]) {
      const message = 'the process ended, and neither succeed() nor fail() had been called'
      const error = { code: 'FORGOTTEN', message, stack: null }
      await this.#end(id, { kind: 'failure', error }).catch(() => {})
    }
  }
}

interface Held {
  readonly execution: Execution
  forget(): void
}

const keepers = new WeakMap<Store, LockKeeper>()

function keeperOf(store: Store, clock: Clock, staleAfter: number): LockKeeper {
  const known = keepers.get(store)
  if (known !== undefined) return known
  const made = new LockKeeper(store, clock, deadAfter(store, staleAfter))
  keepers.set(store, made)
  return made
}
