/** The slots of a process, as those share them whose runs don't come out of the engine's queue. */
export interface Slots {
  /** How many executions run at once. */
  readonly concurrency: number
  /** Lends a slot if one is free; what waits in the queue is asked first whether it needs it. To be given back. */
  lend(): Promise<boolean>
  /** Takes a slot whether or not one is free: what is run by hand or from code runs now. To be given back. */
  occupy(): void
  giveBack(): void
}

/** Those of a process that has no engine, because it runs one job by hand. */
export class CountedSlots implements Slots {
  readonly concurrency: number
  #free: number

  constructor(concurrency: number) {
    this.concurrency = concurrency
    this.#free = concurrency
  }

  async lend(): Promise<boolean> {
    if (this.#free <= 0) return false
    this.#free--
    return true
  }

  occupy(): void {
    this.#free--
  }

  giveBack(): void {
    this.#free++
  }
}
