import { type Clock, sleep } from '../support/clock.ts'

/** The slots of a process, as those share them whose runs don't come out of the engine's queue. */
export interface Slots {
  /** How many executions run at once. */
  readonly concurrency: number
  /** Lends a slot if one is free; what waits in the queue is asked first whether it needs it. To be given back. */
  tryAcquire(): Promise<boolean>
  /** Takes a slot whether or not one is free: what is run by hand or from code runs now. To be given back. */
  forceAcquire(): void
  release(): void
}

/** Those of a process that has no engine, because it runs one job by hand. */
export class CountedSlots implements Slots {
  readonly concurrency: number
  #free: number

  constructor(concurrency: number) {
    this.concurrency = concurrency
    this.#free = concurrency
  }

  async tryAcquire(): Promise<boolean> {
    if (this.#free <= 0) return false
    this.#free--
    return true
  }

  forceAcquire(): void {
    this.#free--
  }

  release(): void {
    this.#free++
  }
}

/** Where the attempts of a run are made: waits until there is room, and makes room again at the end. */
export type SlotPolicy = <Result>(work: () => Promise<Result>) => Promise<Result>

/** In the slot of whoever calls, and waits meanwhile. */
export const callersSlot: SlotPolicy = (work) => work()

/** In a slot of its own, at once. */
export function ownSlot(slots: Slots): SlotPolicy {
  return async (work) => {
    slots.forceAcquire()
    try {
      return await work()
    } finally {
      slots.release()
    }
  }
}

/** While there is no room, the slots are asked this often whether one has become free, in ms. */
const POLL = 1000

/** Room for many runs on behalf of one that waits for them: one in its slot, the others in slots that are free. */
export class SharedSlots {
  readonly #slots: Slots
  readonly #clock: Clock
  /** Runs in here; each but one is in a slot that was lent. */
  #inside = 0
  /** Aborted when one leaves. */
  #change = new AbortController()

  constructor(slots: Slots, clock: Clock) {
    this.#slots = slots
    this.#clock = clock
  }

  readonly run: SlotPolicy = async (work) => {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    while (this.#inside > 0) {
      const { signal } = this.#change
      if (!(await this.#slots.tryAcquire())) await sleep(this.#clock, POLL, signal)
      else if (this.#inside > 0) break
      // Meanwhile everybody has left, and with them the need for another slot.
      else this.#slots.release()
    }
    this.#inside++
  }

  /** A lent slot goes back after each run, so that what is due waits no longer than one of them takes. */
  #leave(): void {
    this.#inside--
    if (this.#inside > 0) this.#slots.release()
    const change = this.#change
    this.#change = new AbortController()
    change.abort()
  }
}
