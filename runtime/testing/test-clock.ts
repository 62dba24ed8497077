import { executionAsyncId } from 'node:async_hooks'
import type { Clock, Timer } from '../clock.ts'

interface Waiting {
  at: number
  readonly order: number
  readonly ring: () => void
}

/** Turns of the event loop that are given to what a timer set off, before time moves on; fewer once all is quiet. */
const TURNS = 12
/** So many turns in a row in which nothing was begun are quiet. */
const QUIET = 3

/** A clock that stands still until it is moved: no timer of it rings by itself. */
export class TestClock implements Clock {
  #now: number
  #order = 0
  #waiting: Waiting[] = []

  /** `now`: where it stands at first. `settled`: what else is waited for before time moves on. */
  constructor(
    now: Date | number | string = '2026-01-01T00:00:00Z',
    private readonly settled: () => Promise<void> = async () => {},
  ) {
    this.#now = new Date(now).getTime()
    if (Number.isNaN(this.#now)) throw new RangeError(`"${String(now)}" is no time`)
  }

  now(): number {
    return this.#now
  }

  after(milliseconds: number, ring: () => void): Timer {
    const entry: Waiting = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, ring }
    this.#insert(entry)
    return {
      cancel: () => {
        const index = this.#placeOf(entry)
        if (this.#waiting[index] === entry) this.#waiting.splice(index, 1)
      },
    }
  }

  /** Moves on by `milliseconds`; every timer on the way rings at its own instant, and what it sets off is let run. */
  async advance(milliseconds: number): Promise<void> {
    await this.advanceTo(this.#now + milliseconds)
  }

  /** Moves on to an instant; one that has passed changes nothing. */
  async advanceTo(instant: Date | number): Promise<void> {
    const end = new Date(instant).getTime()
    await this.settle()
    for (let first = this.#waiting[0]; first !== undefined && first.at <= end; first = this.#waiting[0]) {
      this.#now = Math.max(this.#now, first.at)
      this.#ringDue()
      await this.settle()
    }
    this.#now = Math.max(this.#now, end)
  }

  /** Sets the clock to an instant as an operator would: back or forth, without anything ringing on the way. */
  async step(milliseconds: number): Promise<void> {
    this.#now += milliseconds
    // Node's timers count elapsed time, not the clock's: what was to ring in 5 s still is.
    for (const entry of this.#waiting) entry.at += milliseconds
    await this.settle()
  }

  /** Lets everything run that could run now. */
  async settle(): Promise<void> {
    await quiet()
    await this.settled()
  }

  #ringDue(): void {
    const due = this.#waiting.findIndex(({ at }) => at > this.#now)
    for (const { ring } of this.#waiting.splice(0, due < 0 ? this.#waiting.length : due)) ring()
  }

  #insert(entry: Waiting): void {
    this.#waiting.splice(this.#placeOf(entry), 0, entry)
  }

  /** Where it stands or would stand: they are sorted by time, then by the order in which they were set. */
  #placeOf(entry: Waiting): number {
    let low = 0
    let high = this.#waiting.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#waiting[middle]
      const isBefore = other !== undefined && (other.at - entry.at || other.order - entry.order) < 0
      if (isBefore) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Whatever is begun (a timer, an immediate, a request) has the next number, so that numbers in a row tell of no other. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    let turns = 0
    let still = 0
    let latest = 0
    const pass = (): void => {
      const own = executionAsyncId()
      still = own === latest + 1 ? still + 1 : 0
      latest = own
      if (++turns < TURNS && still < QUIET) setImmediate(pass)
      else resolve()
    }
    setImmediate(pass)
  })
}
