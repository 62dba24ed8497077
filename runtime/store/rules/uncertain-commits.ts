import type { Clock, Timer } from '../../support/clock.ts'
import type { Driver, Tables } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { Execution } from '../execution.ts'
import type { Script } from '../transaction-script.ts'
import { end } from './endings.ts'
import { cancelledInQueue } from './transitions.ts'

/** How an execution was about to start when the answer to its commit was lost. */
type Origin = 'claim' | 'begin'

interface Lost {
  readonly execution: Execution
  readonly origin: Origin
  /** When it was first looked for. */
  lookedAt: number | null
}

/**
 * A commit that hasn't arrived after this, in ms, doesn't arrive: servers end a transaction that has been idle for 15 s,
 * and it takes a while until one notices that its client is gone.
 */
const LATEST_COMMIT = 5 * 60_000

/** What was begun is looked for this often, in ms, whether or not the process dequeues. */
const LOOK_EVERY = 1000

/**
 * Executions of this process that may be RUNNING without this process knowing: the store was lost while their start was
 * being committed. The heartbeat would keep such a row alive for ever, so each `dequeue` looks for them: one that was
 * claimed is returned then; one that was begun by a caller, whose call has failed, is cancelled. A commit may
 * also arrive late, held back by the network, so those that aren't there yet are looked for again.
 */
export class UncertainCommits {
  readonly #lost = new Map<string, Lost>()

  #timer: Timer | undefined
  #isStopped = false

  constructor(
    private readonly driver: Driver,
    private readonly clock: Clock,
  ) {}

  /** A transaction that starts executions. Where it is lost at its very end, it is unknown whether they run. */
  async starting<Result>(
    make: () => Script<Result>,
    started: (result: Result) => readonly Execution[],
    origin: Origin = 'claim',
  ): Promise<Result> {
    let uncommitted: readonly Execution[] = []
    const before: Lost[] = []
    try {
      return await this.driver.write(() =>
        this.#noting(make(), started, (starts) => {
          uncommitted = starts
          // What starts here now is found RUNNING from now on, and for a good reason.
          for (const { id } of starts) {
            const lost = this.#lost.get(id)
            if (lost !== undefined) before.push(lost)
            this.#lost.delete(id)
          }
        }),
      )
    } catch (error) {
      for (const lost of before) this.#lost.set(lost.execution.id, lost)
      this.failed(error, uncommitted, origin)
      throw error
    }
  }

  /** Of a transaction that starts executions, and failed. */
  failed(error: unknown, uncommitted: readonly Execution[], origin: Origin): void {
    if (!(error instanceof StoreError && error.code === 'STORE_UNAVAILABLE')) return
    for (const execution of uncommitted) this.#lost.set(execution.id, { execution, origin, lookedAt: null })
    this.#lookLater()
  }

  /** Ends the looks that no call asks for. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** A process that only runs jobs from code dequeues nothing, and would keep the lock of what it began unheard. */
  #lookLater(): void {
    const isBegun = [...this.#lost.values()].some(({ origin }) => origin === 'begin')
    if (this.#isStopped || !isBegun || this.#timer !== undefined) return
    const look = async (): Promise<void> => {
      // A store that is away is asked again.
      await this.settle(this.clock.now(), 0).catch(() => {})
      this.#timer = undefined
      this.#lookLater()
    }
    this.#timer = this.clock.after(LOOK_EVERY, () => void look(), { unref: true })
  }

  *#noting<Result>(
    steps: Script<Result>,
    started: (result: Result) => readonly Execution[],
    note: (starts: readonly Execution[]) => void,
  ): Script<Result> {
    note([])
    const result = yield* steps
    note(started(result))
    return result
  }

  /** Up to `limit` that turn out to run; `id`: of them only this one. */
  async settle(now: number, limit: number, id?: string): Promise<Execution[]> {
    if (this.#lost.size === 0) return []
    const { running, settled } = await this.driver.write(() => this.#settle(this.driver.tables, now, limit, id))
    for (const id of settled) this.#lost.delete(id)
    for (const lost of this.#lost.values()) lost.lookedAt ??= now
    return running
  }

  *#settle(
    tables: Tables,
    now: number,
    limit: number,
    only: string | undefined,
  ): Script<{ running: Execution[]; settled: string[] }> {
    const running: Execution[] = []
    const settled: string[] = []
    const ids = [...this.#lost.keys()]
    const found = new Map((yield* tables.running(ids)).map((one) => [one.id, one]))
    const absent = ids.filter((id) => !found.has(id))
    const elsewhere = new Map((absent.length === 0 ? [] : yield* tables.byIds(absent)).map((one) => [one.id, one]))
    for (const [id, lost] of this.#lost) {
      const one = found.get(id)
      if (one === undefined || !isStart(one, lost)) {
        const other = one ?? elsewhere.get(id)
        const isOver = other !== undefined && other.attempt >= lost.execution.attempt
        const isTooLate = lost.lookedAt !== null && now - lost.lookedAt >= LATEST_COMMIT
        if (isOver || isTooLate) settled.push(id)
        continue
      }
      if (lost.origin === 'claim') {
        if (running.length >= limit || (only !== undefined && id !== only)) continue
        running.push(one)
      } else {
        const reason = 'the store was lost while it was being started'
        yield* end(tables, [cancelledInQueue(one, now, reason)], 'RUNNING', now)
      }
      settled.push(id)
    }
    return { running, settled }
  }
}

/** Whether a row is RUNNING because of the start whose commit went unanswered. */
function isStart(row: Execution, { execution }: Lost): boolean {
  return row.owner === execution.owner && row.attempt === execution.attempt
}
