interface Waiter<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** What becomes of a group that can't be written as a whole, because of one of its items. */
export interface Isolation<Item> {
  /** Whether an error may come from an item; else it concerns the whole group, which is rejected with it. */
  isOfItem(error: unknown): boolean
  /** What is written in place of an item that can't be written, even alone. */
  substitute(item: Item, error: unknown): Item
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

  constructor(
    private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly isolation: Isolation<Item>,
  ) {}

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
        await this.#writeAll(group)
      } catch (error) {
        if (this.isolation.isOfItem(error)) for (const waiter of group) await this.#writeAlone(waiter)
        else for (const waiter of group) waiter.reject(error)
      }
    }
    this.#isWriting = false
  }
  async #writeAll(group: readonly Waiter<Item, Result>[]): Promise<void> {
    const results = await this.write(group.map(({ item }) => item))
    group.forEach((waiter, position) => {
      const result = results[position]
      if (result !== undefined) waiter.resolve(result)
    })
  }

  /** One that can't be written must not keep the others from being written. */
  async #writeAlone(waiter: Waiter<Item, Result>): Promise<void> {
    try {
      await this.#writeAll([waiter])
    } catch (error) {
      if (!this.isolation.isOfItem(error)) return waiter.reject(error)
      const item = this.isolation.substitute(waiter.item, error)
      await this.#writeAll([{ ...waiter, item }]).catch((failure: unknown) => waiter.reject(failure))
    }
  }
}
