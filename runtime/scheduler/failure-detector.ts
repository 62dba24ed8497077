/** No heartbeat is older than this; a finite number, since the store is handed it. */
const NOBODY = 0

/**
 * Says how old a heartbeat may be. Normally `staleAfter` ms; but while nobody could beat, or this process wasn't
 * looking (the store was away, the machine slept, the clock was stepped, the event loop was blocked), old heartbeats
 * are no sign of death. So after such a gap everybody has `staleAfter` ms to beat again before anyone is taken for dead.
 */
export class FailureDetector {
  #lookedAt: number | undefined
  #lastFailed = false
  #gapEndedAt = Number.NEGATIVE_INFINITY

  /** `staleAfter` in ms; Infinity where nobody can die. Somebody has to look every third of it. */
  constructor(private readonly staleAfter: number) {}

  /** Executions whose heartbeat is older than this instant (ms since the epoch) belong to the dead. */
  before(now: number): number {
    const inGap = this.#lookedAt !== undefined && this.#isGap(now, this.#lookedAt)
    const sinceGap = now - this.#gapEndedAt
    return inGap || (sinceGap >= 0 && sinceGap < this.staleAfter) ? NOBODY : now - this.staleAfter
  }

  /** The store answered to a look at `now`. */
  observed(now: number): void {
    if (this.#lastFailed || (this.#lookedAt !== undefined && this.#isGap(now, this.#lookedAt))) this.#gapEndedAt = now
    this.#lastFailed = false
    this.#lookedAt = now
  }

  /** The store didn't answer. */
  failed(): void {
    this.#lastFailed = true
  }

  /** A whole look was missed, or time ran backwards. */
  #isGap(now: number, lookedAt: number): boolean {
    return this.#lastFailed || now < lookedAt || now - lookedAt > (this.staleAfter * 2) / 3
  }
}
