import { type Clock, sleep } from '../support/clock.ts'

/** The slots of a process, for runs that don't come from the engine's queue. */
export interface Slots {
  /** How many executions run at once. */
  readonly concurrency: number
  /** Acquires a slot if one is free and nothing in the queue needs it. To be released. */
  tryAcquire(): Promise<boolean>
  /** Acquires a slot whether or not one is free: what is run by hand or from code runs now. To be released. */
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

/** Which slot the attempts of a run take: waits for it, and releases it at the end. */
export type SlotPolicy = <Result>(work: () => Promise<Result>) => Promise<Result>

/** In the caller's slot, since the caller waits meanwhile. */
export const callersSlot: SlotPolicy = (work) => work()

/** In another slot, at once. */
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

/** While no slot is free, how often to try again, in ms. */
const POLL = 1000

/** Slots for many runs on behalf of one that waits for them: one in its slot, the others in slots that are free. */
export class SharedSlots {
  readonly #slots: Slots
  readonly #clock: Clock
  /** Runs in here; each but one is in an acquired slot. */
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
      // Meanwhile all of them have left: no further slot is needed.
      else this.#slots.release()
    }
    this.#inside++
  }

  /** An acquired slot is released after each run, so that what is due waits no longer than one of them takes. */
  #leave(): void {
    this.#inside--
    if (this.#inside > 0) this.#slots.release()
    const change = this.#change
    this.#change = new AbortController()
    change.abort()
  }
}
