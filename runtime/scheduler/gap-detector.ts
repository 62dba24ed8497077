import { LATE } from './fires.ts'

/** A loop that runs this much later than it meant to, in ms, may not have been running. */
const STALL = 10_000

/**
 * Knows since when a loop has been there to fire. What came due before its first tick, while the machine slept or the
 * process was suspended, or while the store was away was missed; what comes due later is at most late.
 */
export class GapDetector {
  readonly #cpuTime: () => number
  #aliveFrom: number | undefined
  /** When the loop meant to look next. */
  #expectedAt = 0
  #cpuBefore = 0
  #hasNewGap = false

  /** `cpuTime`: what the process has used of it so far, in ms. */
  constructor(cpuTime: () => number = processCpuTime) {
    this.#cpuTime = cpuTime
  }

  /** The first instant whose fires this loop was there for, ms since the epoch. */
  get aliveFrom(): number {
    return this.#aliveFrom ?? Number.POSITIVE_INFINITY
  }

  /** True from a gap (the start is none) until `caughtUp`: other schedulers may have fired meanwhile. */
  get hasNewGap(): boolean {
    return this.#hasNewGap
  }

  /** To be called whenever the loop looks at what is due. */
  look(now: number): void {
    // Also where the clock was set back to before a gap.
    if (this.#aliveFrom === undefined || now < this.#aliveFrom) this.#aliveFrom = now + 1
    else if (this.#isGap(now)) this.gapUntil(now)
    this.#expectedAt = now
    this.#cpuBefore = this.#cpuTime()
  }

  sleepsUntil(instant: number): void {
    this.#expectedAt = Math.max(this.#expectedAt, instant)
  }

  /** The loop could not fire until now: the store was away. */
  gapUntil(now: number): void {
    this.#aliveFrom = now + 1
    this.#hasNewGap = true
  }

  caughtUp(): void {
    this.#hasNewGap = false
  }

  /** A process that was suspended has used no time of the processor; one that a job's code blocked has, and was there. */
  #isGap(now: number): boolean {
    const late = now - this.#expectedAt
    if (late <= STALL) return false
    return late > LATE || this.#cpuTime() - this.#cpuBefore < late / 2
  }
}

function processCpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
