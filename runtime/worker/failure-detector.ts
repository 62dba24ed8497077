/** No heartbeat is older than this; a finite number, since it is passed to the store. */
const NONE = 0

/**
 * Says how old a heartbeat may be. Normally `staleAfter` ms; but while none could arrive, or this process wasn't looking
 * (it has just started, the store was away, the machine slept, the clock was stepped, the event loop was blocked), old
 * heartbeats are no sign of death. So this process must have seen the store answer for `staleAfter` ms without a gap
 * before it takes anyone for dead: an owner that is alive will have sent a heartbeat by then.
 */
export class FailureDetector {
  #observedAt: number | undefined
  #lastFailed = false
  #gapEndedAt = Number.NEGATIVE_INFINITY

  /** `staleAfter` in ms; Infinity where no process can die. The store has to be asked every third of it. */
  constructor(readonly staleAfter: number) {}

  /** Executions whose heartbeat is older than this instant (ms since the epoch) belong to dead nodes. */
  before(now: number): number {
    const sinceGap = now - this.#gapEndedAt
    return this.#isGap(now) || (sinceGap >= 0 && sinceGap < this.staleAfter) ? NONE : now - this.staleAfter
  }

  /** The store answered at `now`. */
  observed(now: number): void {
    if (this.#isGap(now)) this.#gapEndedAt = now
    this.#lastFailed = false
    this.#observedAt = now
  }

  /** The store didn't answer. */
  failed(): void {
    this.#lastFailed = true
  }

  /** A whole observation was missed, or time ran backwards. */
  #isGap(now: number): boolean {
    const at = this.#observedAt
    return at === undefined || this.#lastFailed || now < at || now - at > (this.staleAfter * 2) / 3
  }
}
