import type { Clock, Timer } from '../../runtime/support/clock.ts'

interface Waiting {
  readonly at: number
  readonly ring: () => void
}

/** A clock that stands still but where it is stepped; what is due then rings at once, and nothing is waited for. */
export class SteppedClock implements Clock {
  #now: number
  readonly #waiting = new Set<Waiting>()

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(delay: number, ring: () => void): Timer {
    const waiting = { at: this.#now + Math.max(0, delay), ring }
    this.#waiting.add(waiting)
    return { cancel: () => void this.#waiting.delete(waiting) }
  }

  step(milliseconds: number): void {
    this.#now += milliseconds
    // Far later than the others: the time limits of what runs.
    const due = [...this.#waiting].filter(({ at }) => at <= this.#now)
    for (const waiting of due) {
      this.#waiting.delete(waiting)
      waiting.ring()
    }
  }
}
