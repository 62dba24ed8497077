import type { SchedulerSettings } from '../manifest/types.ts'
import { StoreError } from '../store/errors.ts'
import type { NodeRecord } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../support/clock.ts'
import { deadNodes, neighbours } from '../worker/dead-nodes.ts'
import type { FailureDetector } from '../worker/failure-detector.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { Report } from './report.ts'

/** History is pruned this often, in ms, this many executions at a time. */
const PRUNE_EVERY = 60_000
const PRUNE_BATCH = 500
/** A process that died is still listed for this long, in ms, so that one can see that it was there. */
const NODES_KEPT = 24 * 60 * 60_000
/** Clocks that differ by no more than this, in ms, are not worth a word. */
const LARGEST_OFFSET = 1000
/** Processes of this machine are looked at this often, in ms. */
const LOOK_EVERY = 1000

/** What a scheduler does besides firing: recovers what dead processes left, and prunes the history. */
export class Maintenance {
  /** Nodes of this machine that were alive when the store was last asked. */
  #neighbours: readonly NodeRecord[] = []
  #isOffsetReported = false

  constructor(
    private readonly services: WorkerServices,
    private readonly settings: SchedulerSettings,
    private readonly report: Report,
    private readonly detector: FailureDetector,
    private readonly onRequeued: () => void,
  ) {}

  /** `onReplaced`: the store is no longer the one that was opened. */
  start(signal: AbortSignal, onReplaced: (error: StoreError) => void): void {
    // A store of one process has no other that could have died.
    if (this.services.store.target !== null) void this.#recoverUntil(signal, onReplaced)
    void this.#pruneUntil(signal)
  }

  /** Recovers now and every third of `staleAfter`, and as soon as another process of this machine has ended. */
  async #recoverUntil(signal: AbortSignal, onReplaced: (error: StoreError) => void): Promise<void> {
    const { clock } = this.services
    const interval = this.settings.staleAfter / 3
    while (!signal.aborted) {
      // A store that is away is left to the next time.
      await this.#recover().catch((error: unknown) => {
        if (error instanceof StoreError && error.code === 'STORE_REPLACED') onReplaced(error)
      })
      for (let left = interval; left > 0 && !signal.aborted; ) {
        const wait = this.#neighbours.length === 0 ? left : Math.min(left, LOOK_EVERY)
        await sleep(clock, wait, signal)
        left -= wait
        if (deadNodes(this.#neighbours).length > 0) break
      }
    }
  }

  async #pruneUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#prune().catch(() => {})
      await sleep(this.services.clock, PRUNE_EVERY, signal)
    }
  }

  async #recover(): Promise<void> {
    const now = this.services.clock.now()
    const { requeued, stale } = await this.#settleStale(now)
    this.report.recovered(requeued, stale)
    if (requeued.length > 0) this.onRequeued()
  }

  /** Recovers what is stale at `now`; the failure detector says whether old heartbeats mean anything. */
  async #settleStale(now: number): ReturnType<Store['recover']> {
    const { store } = this.services
    try {
      const nodes = await store.nodes()
      this.#reportClockOffset()
      const dead = deadNodes(nodes)
      const ended = new Set(dead)
      this.#neighbours = neighbours(nodes).filter(({ id, pid }) => pid !== process.pid && !ended.has(id))
      const result = await store.recover({ now, staleBefore: this.detector.before(now), dead })
      this.detector.observed(now)
      return result
    } catch (error) {
      this.#neighbours = []
      this.detector.failed()
      throw error
    }
  }

  /** Says once that this machine's clock is wrong, or the store's. */
  #reportClockOffset(): void {
    const { store, log } = this.services
    const offset = Math.abs(store.clockOffset)
    if (offset > LARGEST_OFFSET && !this.#isOffsetReported) {
      const way = store.clockOffset > 0 ? 'behind' : 'ahead of'
      log.root.warn(
        { clockOffset: store.clockOffset },
        `this machine's clock is ${(offset / 1000).toFixed(1)} s ${way} the database server's; heartbeats go by the server's, fires by this one (synchronise both with NTP)`,
      )
    }
    this.#isOffsetReported = offset > LARGEST_OFFSET
  }

  async #prune(): Promise<void> {
    const { store, clock } = this.services
    const { keep, maxPerJob } = this.settings.history
    const now = clock.now()
    // None is forgotten after a gap in which no heartbeat could arrive: a machine that slept for a day has its nodes back.
    await store.forgetNodes(Math.min(now - NODES_KEPT, this.detector.before(now)))
    let pruned: number
    do {
      pruned = await store.prune({ finishedBefore: now - keep, maxPerJob, batch: PRUNE_BATCH })
    } while (pruned === PRUNE_BATCH)
  }
}
