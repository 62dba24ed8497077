/**
 * A binary heap of items by the time at which they are due: tens of thousands of schedules cost nothing while idle
 * (`npm run bench -- durable`, its part on idle schedules).
 */
export class DueQueue<Item> {
  readonly #heap: { readonly at: number; readonly item: Item }[] = []

  get size(): number {
    return this.#heap.length
  }

  /** When the first thing is due, in ms since the epoch; undefined while empty. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  push(at: number, item: Item): void {
    const heap = this.#heap
    const entry = { at, item }
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.at <= at) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  /** Takes out everything that is due at `now`, earliest first. */
  takeDue(now: number): Item[] {
    const due: Item[] = []
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      due.push(first.item)
      this.#removeFirst()
    }
    return due
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const right = heap[child + 1]
      let below = heap[child]
      if (below === undefined) break
      if (right !== undefined && right.at < below.at) {
        below = right
        child++
      }
      if (below.at >= last.at) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}
