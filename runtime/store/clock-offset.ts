/**
 * How far the store's clock is ahead of this process's, in ms. Each measurement says between which two values that lies;
 * the offset moves only as far as it must, so it stays 0 where both are one clock, and a slow answer tells little.
 */
export class ClockOffset {
  #milliseconds = 0

  get milliseconds(): number {
    return this.#milliseconds
  }

  /** The store's clock said `stored` at some time from `sent` to `received`, instants of this process's clock. */
  measured(sent: number, stored: number, received: number): void {
    // A clock that was set back meanwhile says nothing.
    if (received < sent) return
    this.#milliseconds = Math.min(Math.max(this.#milliseconds, stored - received), stored - sent)
  }
}
