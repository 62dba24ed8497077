import type { Engine } from '../engine/engine.ts'
import type { ClaimOutcome, Fire } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import type { FailureDetector } from '../worker/failure-detector.ts'
import type { Report } from './report.ts'

/** Claims fires in the store, starts those for which there is a slot here, and reports those that are skipped. */
export class FireClaimer {
  constructor(
    private readonly store: Pick<Store, 'claim'>,
    private readonly engine: Engine,
    private readonly detector: FailureDetector,
    private readonly report: Report,
    private readonly by: { readonly node: string; readonly queues?: readonly string[] | undefined },
  ) {}

  /** Moves the watermarks in the same transaction. `now`: ms since the epoch. */
  claim(
    fires: readonly Fire[],
    now: number,
    watermarks: readonly { readonly key: string; readonly to: number }[] = [],
  ): Promise<ClaimOutcome[]> {
    return this.engine.withSlots(async (slots) => {
      const staleBefore = this.detector.before(now)
      const { node, queues } = this.by
      const own = queues === undefined ? {} : { queues }
      const outcomes = await this.store.claim({ node, now, slots, staleBefore, watermarks, fires, ...own })
      this.#handOver(outcomes)
      return outcomes
    })
  }

  #handOver(outcomes: readonly ClaimOutcome[]): void {
    this.engine.start(outcomes.flatMap((result) => (result.outcome === 'running' ? [result.execution] : [])))
    for (const result of outcomes) {
      if (result.outcome === 'skipped') this.report.skipped(result.fire, result.cause, result.reason)
    }
    if (outcomes.some(({ outcome }) => outcome === 'queued')) this.engine.lookAtQueue()
  }
}
