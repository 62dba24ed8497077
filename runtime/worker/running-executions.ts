import type { Logger } from '../logging/logger.ts'
import type { Execution, Outcome } from '../store/execution.ts'
import type { HeardNotice, StoreListener } from '../store/notices.ts'
import type { Store } from '../store/store.ts'
import { type Clock, sleep, type Timer } from '../support/clock.ts'
import type { AbortCause } from './abort.ts'
import { FailureDetector } from './failure-detector.ts'
import { outsideScope } from './job-scope.ts'

/** While something runs, the store is polled this often for requests to cancel, in ms. */
const POLL = 1000
/** Where the store notifies of requests to cancel, it is polled this often all the same, in ms. */
const SAFETY_POLL = 30_000

/** How long aborted attempts are waited for before the process leaves without them, in ms. */
const ABORT_GRACE = 1500

/** An attempt that runs in this process. */
export interface RunningAttempt {
  readonly execution: Pick<Execution, 'id' | 'owner' | 'attempt'>
  /** Settles when the attempt has ended and its outcome is recorded. */
  readonly done: Promise<unknown>
  /** What came of it, where that is decided and not yet recorded. */
  unrecorded?(): Outcome['kind'] | undefined
  abort(cause: AbortCause): void
}

/** What an attempt is aborted with when this process stops: `stop` returns it to the queue, `cancel` ends it. */
export type StopCause = Extract<AbortCause, 'stop' | 'cancel'>

interface Entry {
  readonly attempt: RunningAttempt
  readonly stopCause: StopCause
}

/**
 * Everything that runs in this process for one node, whatever started it: fires, runs by hand, runs from code. One poll
 * hands on requests to cancel and finds attempts that another process has taken over, and one shutdown ends them all.
 */
export class RunningExecutions {
  readonly node: string
  /** Tells which heartbeats of other nodes are those of the dead. */
  readonly detector: FailureDetector
  readonly #store: Pick<Store, 'cancelRequests' | 'execution' | 'listen'>
  readonly #clock: Clock
  readonly #verifyEvery: number
  /** By execution; more than one attempt each only where this node lost one and then started the next itself. */
  readonly #entries = new Map<string, readonly Entry[]>()
  readonly #stopping = new AbortController()
  /** True once the shutdown has aborted what ran: what starts later is aborted at once. */
  #isAborting = false
  #poll: Timer | undefined
  #listener: StoreListener | undefined
  #verifiedAt = 0
  #emptyWaiters: (() => void)[] = []

  /** `staleAfter` in ms: after so long without a heartbeat another process may take an execution over. */
  constructor(
    { store, clock, staleAfter }: { readonly store: Store; readonly clock: Clock; readonly staleAfter: number },
    node: string,
  ) {
    this.node = node
    this.detector = new FailureDetector(staleAfter)
    this.#store = store
    this.#clock = clock
    this.#verifyEvery = staleAfter / 3
  }

  /** Aborted when the process begins to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  has(executionId: string): boolean {
    return this.#entries.has(executionId)
  }

  /** Knows an attempt until it is done. An earlier attempt of the same execution is lost, and aborted. */
  add(attempt: RunningAttempt, stopCause: StopCause): void {
    const { id } = attempt.execution
    const earlier = this.#entries.get(id) ?? []
    this.#entries.set(id, [...earlier, { attempt, stopCause }])
    for (const entry of earlier) entry.attempt.abort('lost')
    const forget = (): void => this.#forget(attempt)
    attempt.done.then(forget, forget)
    if (this.#isAborting) attempt.abort(stopCause)
    if (this.#poll === undefined) {
      this.#verifiedAt = this.#clock.now()
      this.#setPoll()
    }
  }

  /** Aborts an execution; false where it doesn't run here. */
  abort(executionId: string, cause: AbortCause): boolean {
    const entries = this.#entries.get(executionId) ?? []
    for (const { attempt } of entries) attempt.abort(cause)
    return entries.length > 0
  }

  /** Waits up to `grace` ms for what runs, what starts meanwhile included; then aborts it, and waits a moment more. */
  async stop(grace: number): Promise<void> {
    this.#stopping.abort()
    await this.#empty(grace)
    this.#isAborting = true
    for (const { attempt, stopCause } of this.#all()) attempt.abort(stopCause)
    await this.#empty(ABORT_GRACE)
    this.#listener?.stop()
    this.#poll?.cancel()
    this.#poll = undefined
  }

  /** Logs what ended without its outcome having reached the store; true where there is such a thing, after a stop. */
  reportUnrecorded(root: Logger): boolean {
    const lost = this.#all().flatMap(({ attempt }) => {
      const outcome = attempt.unrecorded?.()
      return outcome === undefined ? [] : [{ executionId: attempt.execution.id, outcome }]
    })
    if (lost.length === 0) return false
    const names = lost.map(({ executionId, outcome }) => `${executionId} (${outcome})`).join(', ')
    root.error(
      { unrecorded: lost },
      `the store could not be reached until the end of the grace period; these outcomes are not recorded, and the executions count as RUNNING until they are recovered: ${names}`,
    )
    return true
  }

  #all(): Entry[] {
    return [...this.#entries.values()].flat()
  }

  #forget(attempt: RunningAttempt): void {
    const { id } = attempt.execution
    const others = (this.#entries.get(id) ?? []).filter((entry) => entry.attempt !== attempt)
    if (others.length > 0) this.#entries.set(id, others)
    else this.#entries.delete(id)
    if (this.#entries.size > 0) return
    const waiters = this.#emptyWaiters
    this.#emptyWaiters = []
    for (const resolve of waiters) resolve()
  }

  /** Resolves when nothing runs, or after `limit` ms. */
  async #empty(limit: number): Promise<void> {
    if (this.#entries.size === 0 || limit <= 0) return
    const over = new AbortController()
    const empty = new Promise<void>((resolve) => {
      this.#emptyWaiters.push(resolve)
    })
    await Promise.race([empty, sleep(this.#clock, limit, over.signal)])
    over.abort()
  }

  /** Started by the code of some job, but part of none. */
  #setPoll(): void {
    const delay = this.#listener?.isLive ? Math.min(SAFETY_POLL, this.#verifyEvery) : POLL
    this.#poll = outsideScope(() => this.#clock.after(delay, () => void this.#ask(), { unref: true }))
  }

  async #ask(): Promise<void> {
    // Not before the first poll: most of what runs by hand is over by then, and needs no further connection.
    if (!this.#isAborting) this.#listener ??= this.#store.listen((notice) => this.#hear(notice))
    try {
      if (this.#entries.size > 0) {
        for (const id of await this.#store.cancelRequests(this.node)) this.abort(id, 'cancel')
        await this.#abortLost()
      }
    } catch {
      // The store is away for the moment; the next poll asks again.
    }
    this.#poll?.cancel()
    this.#poll = undefined
    if (this.#entries.size > 0) this.#setPoll()
  }

  #hear(notice: HeardNotice): void {
    if (notice.kind !== 'queued' && this.#entries.size > 0) void this.#ask()
  }

  /**
   * A process that was suspended, or whose heartbeats didn't arrive, may have lost what it runs to another one. Its
   * outcome would be refused; its code is aborted, so that it doesn't go on beside the attempt that counts.
   */
  async #abortLost(): Promise<void> {
    const now = this.#clock.now()
    if (Math.abs(now - this.#verifiedAt) < this.#verifyEvery) return
    for (const { attempt } of this.#all()) {
      const { id, owner, attempt: number } = attempt.execution
      const known = await this.#store.execution(id)
      if (known === null) continue
      if (known.attempt !== number || known.owner !== owner || known.status !== 'RUNNING') attempt.abort('lost')
    }
    this.#verifiedAt = now
  }
}
