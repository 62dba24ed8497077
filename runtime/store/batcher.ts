interface Waiter<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** How many go into one transaction. */
const LARGEST = 500

/**
 * Collects calls that are made close together and commits them as a group, as a commit costs far more than a statement
 * (`npm run bench -- durable`). A lone call waits only for the rest of this turn of the event loop; while a group is
 * being written, the next one gathers.
 */
export class Batcher<Item, Result> {
  #waiting: Waiter<Item, Result>[] = []
  #isWriting = false

  constructor(private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#isWriting) return
      this.#isWriting = true
      setImmediate(() => void this.#flush())
    })
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, LARGEST)
      try {
        const results = await this.write(group.map(({ item }) => item))
        group.forEach((waiter, position) => {
          const result = results[position]
          if (result !== undefined) waiter.resolve(result)
        })
      } catch (error) {
        for (const waiter of group) waiter.reject(error)
      }
    }
    this.#isWriting = false
  }
}
