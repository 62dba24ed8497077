import { executionAsyncId } from 'node:async_hooks'
import type { Clock, Timer } from '../support/clock.ts'
import { JobsError } from '../support/errors.ts'

interface Waiting {
  at: number
  readonly ring: () => void
}

/** Turns of the event loop before time moves on, at most; fewer once nothing new begins. */
const TURNS = 12
/** After so many turns in a row in which nothing began, all is quiet. */
const QUIET = 2

/** A clock that a test moves: its timers ring only on the way. */
export class TestClock implements Clock {
  #now: number
  /** When something is to ring, earliest first; what rings then, in the order in which it was set. */
  #instants: number[] = []
  #waiting = new Map<number, Set<Waiting>>()

  /** `now`: the first instant. `settled`: what else to wait for before time moves on. */
  constructor(
    now: Date | number | string = '2026-01-01T00:00:00Z',
    private readonly settled: () => Promise<void> = async () => {},
  ) {
    this.#now = new Date(now).getTime()
    if (Number.isNaN(this.#now)) {
      throw new JobsError('TIME', `TestClock: "${String(now)}" is not a valid time`, {
        hint: 'pass a Date, milliseconds since 1970, or a text such as "2026-01-01T00:00:00Z"',
      })
    }
  }

  now(): number {
    return this.#now
  }

  after(milliseconds: number, ring: () => void): Timer {
    const entry: Waiting = { at: this.#now + Math.max(0, milliseconds), ring }
    this.#add(entry)
    return { cancel: () => this.#remove(entry) }
  }

  /** Moves on by `milliseconds`; each timer on the way rings at its instant, and what it starts runs before time moves on. */
  async advance(milliseconds: number): Promise<void> {
    await this.advanceTo(this.#now + milliseconds)
  }

  /** Moves on to an instant; an earlier one changes nothing. */
  async advanceTo(instant: Date | number): Promise<void> {
    const end = new Date(instant).getTime()
    await this.settle()
    for (let first = this.#instants[0]; first !== undefined && first <= end; first = this.#instants[0]) {
      this.#now = Math.max(this.#now, first)
      this.#ringDue()
      await this.settle()
    }
    this.#now = Math.max(this.#now, end)
  }

  /** Sets the clock by `milliseconds`, as an operator would: back or forward, and no timer rings on the way. */
  async step(milliseconds: number): Promise<void> {
    this.#now += milliseconds
    // Node's timers count elapsed time, not the clock's: what was to ring in 5 s still is.
    const waiting = this.#takeUntil(Number.POSITIVE_INFINITY)
    for (const entry of waiting) {
      entry.at += milliseconds
      this.#add(entry)
    }
    await this.settle()
  }

  /** Waits until everything that can run now has run. */
  async settle(): Promise<void> {
    await quiet()
    await this.settled()
  }

  #ringDue(): void {
    for (const { ring } of this.#takeUntil(this.#now)) ring()
  }

  #takeUntil(last: number): Waiting[] {
    const taken: Waiting[] = []
    for (let first = this.#instants[0]; first !== undefined && first <= last; first = this.#instants[0]) {
      for (const entry of this.#waiting.get(first) ?? []) taken.push(entry)
      this.#waiting.delete(first)
      this.#instants.shift()
    }
    return taken
  }

  #add(entry: Waiting): void {
    const together = this.#waiting.get(entry.at)
    if (together !== undefined) return void together.add(entry)
    this.#waiting.set(entry.at, new Set([entry]))
    this.#instants.splice(this.#indexOf(entry.at), 0, entry.at)
  }

  #remove(entry: Waiting): void {
    const together = this.#waiting.get(entry.at)
    if (together?.delete(entry) !== true || together.size > 0) return
    this.#waiting.delete(entry.at)
    this.#instants.splice(this.#indexOf(entry.at), 1)
  }

  /** The index of an instant in the sorted list, or where it would be inserted. */
  #indexOf(at: number): number {
    let low = 0
    let high = this.#instants.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#instants[middle] ?? at) < at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Each new asynchronous resource (a timer, an immediate, a request) takes the next id: ids in a row mean that nothing else began. */
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
