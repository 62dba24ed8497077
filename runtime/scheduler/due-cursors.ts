import type { ScheduleCursor } from './cursor.ts'
import { DueQueue } from './due-queue.ts'
import { nextAfter } from './fires.ts'

/** The cursors of a loop, by the instant of their next fire. */
export class DueCursors {
  #queue = new DueQueue<ScheduleCursor>()

  /** When the first of them is due, in ms since the epoch; Infinity where none is. */
  get nextAt(): number {
    return this.#queue.nextAt ?? Number.POSITIVE_INFINITY
  }

  /** These instead of all others, each at its first fire after its watermark. */
  refill(cursors: readonly ScheduleCursor[]): void {
    this.#queue = new DueQueue()
    for (const cursor of cursors) this.put(cursor, nextAfter(cursor, cursor.watermark))
  }

  /** `next`: ms since the epoch; null for a cursor that is never due again. */
  put(cursor: ScheduleCursor, next: number | null): void {
    if (next !== null) this.#queue.push(next, cursor)
  }

  takeDue(now: number): ScheduleCursor[] {
    return this.#queue.takeDue(now)
  }
}
