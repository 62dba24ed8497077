/** The slots of a process: how many are taken, and what may take those that are free. */
export class SlotPool {
  readonly size: number
  #taken = 0
  #isClosed = false
  /** Settles when the last work that was offered the free slots has ended. */
  #turn: Promise<void> = Promise.resolve()

  constructor(size: number) {
    this.size = size
  }

  /** Takes a slot, whether or not one is free. */
  take(): void {
    this.#taken++
  }

  release(): void {
    this.#taken--
  }

  /** From now on, no slot is free. */
  close(): void {
    this.#isClosed = true
  }

  /** Calls `work` with the number of free slots, and offers them to nothing else until it has ended: calls wait for each other. */
  async withFree<Result>(work: (free: number) => Promise<Result>): Promise<Result> {
    const before = this.#turn
    let isOver: () => void = () => {}
    this.#turn = new Promise((resolve) => {
      isOver = resolve
    })
    await before
    try {
      return await work(this.#isClosed ? 0 : Math.max(0, this.size - this.#taken))
    } finally {
      isOver()
    }
  }
}
