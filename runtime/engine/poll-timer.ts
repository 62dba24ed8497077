import type { Clock, Timer } from '../support/clock.ts'

/** A timer that is set many times, of which the earliest counts: setting it again only ever makes it ring sooner. */
export class PollTimer {
  #set: { readonly ringsAt: number; readonly timer: Timer } | undefined
  #isStopped = false

  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  /** Rings in `delay` ms at the latest. `keepsProcess`: the process doesn't end before that. */
  set(delay: number, keepsProcess: boolean): void {
    const ringsAt = this.clock.now() + delay
    if (this.#isStopped || (this.#set !== undefined && this.#set.ringsAt <= ringsAt)) return
    this.clear()
    const ring = (): void => {
      this.#set = undefined
      this.ring()
    }
    this.#set = { ringsAt, timer: this.clock.after(delay, ring, { unref: !keepsProcess }) }
  }

  clear(): void {
    this.#set?.timer.cancel()
    this.#set = undefined
  }

  /** It rings no more, however often it is set. */
  stop(): void {
    this.#isStopped = true
    this.clear()
  }
}
