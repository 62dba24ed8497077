import type { SchedulerSettings } from '../manifest/types.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../support/clock.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { FailureDetector } from './failure-detector.ts'
import type { Report } from './report.ts'

/** History is pruned this often, in ms, this many executions at a time. */
const PRUNE_EVERY = 60_000
const PRUNE_BATCH = 500
/** A process that died is still listed for this long, in ms, so that one can see that it was there. */
const NODES_KEPT = 24 * 60 * 60_000

/** What a scheduler does besides firing: takes over what dead processes left, and keeps the history in bounds. */
export class Maintenance {
  constructor(
    private readonly services: WorkerServices,
    private readonly settings: SchedulerSettings,
    private readonly report: Report,
    private readonly detector: FailureDetector,
    private readonly onRequeued: () => void,
  ) {}

  start(signal: AbortSignal): void {
    const { staleAfter } = this.settings
    // A store of one process has nobody who could have died.
    if (this.services.store.target !== null) void this.#every(staleAfter / 3, signal, () => this.#recover())
    void this.#every(PRUNE_EVERY, signal, () => this.#prune())
  }

  /** Runs `work` now and every `interval` ms after it ended; a store that is away is left to the next time. */
  async #every(interval: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await work().catch(() => {})
      await sleep(this.services.clock, interval, signal)
    }
  }

  async #recover(): Promise<void> {
    const now = this.services.clock.now()
    const { requeued, stale } = await this.#settleStale(now)
    this.report.recovered(requeued, stale)
    if (requeued.length > 0) this.onRequeued()
  }

  /** What is stale at `now`, settled; the look itself tells whether old heartbeats mean anything. */
  async #settleStale(now: number): ReturnType<Store['recover']> {
    try {
      const result = await this.services.store.recover({ now, staleBefore: this.detector.before(now) })
      this.detector.observed(now)
      return result
    } catch (error) {
      this.detector.failed()
      throw error
    }
  }

  async #prune(): Promise<void> {
    const { store, clock } = this.services
    const { keep, maxPerJob } = this.settings.history
    const now = clock.now()
    // Nobody is forgotten after a gap in which nobody could beat: a machine that slept for a day has its nodes back.
    await store.forgetNodes(Math.min(now - NODES_KEPT, this.detector.before(now)))
    let pruned: number
    do {
      pruned = await store.prune({ finishedBefore: now - keep, maxPerJob, batch: PRUNE_BATCH })
    } while (pruned === PRUNE_BATCH)
  }
}
