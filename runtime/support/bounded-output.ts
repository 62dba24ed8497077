import { type Clock, sleep, type Timer } from './clock.ts'

/** What becomes of an attempt to write: bytes that were taken, none for the moment, or never any more. */
export type Written = number | 'full' | 'failed'

export interface BoundedOutputOptions {
  /** Writes as much as goes at once; must not wait. */
  write(bytes: Uint8Array): Written
  /** The line that says how many were dropped. */
  droppedNote(count: number): string
  readonly clock: Clock
  /** Bytes that wait at most; what comes beyond them is dropped. */
  readonly limit: number
}

/** A reader that is behind is tried again after this long, in ms; the delay doubles while it takes nothing. */
const FIRST_RETRY = 5
const LONGEST_RETRY = 100

/**
 * Writes lines without ever waiting for the reader. Where the reader is behind, lines wait, up to a limit;
 * beyond it they are dropped and counted, and a line says so as soon as it catches up.
 */
export class BoundedOutput {
  readonly #options: BoundedOutputOptions
  #waiting: Uint8Array[] = []
  /** Which of those is to be written next. */
  #next = 0
  #bytes = 0
  #dropped = 0
  #timer: Timer | undefined
  #retry = FIRST_RETRY

  constructor(options: BoundedOutputOptions) {
    this.#options = options
  }

  /** Lines that were dropped and not yet reported. */
  get dropped(): number {
    return this.#dropped
  }

  /** Lines that wait, or parts of one. */
  get waiting(): number {
    return this.#waiting.length - this.#next
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.waiting > 0) this.#hold(bytes)
    else this.#writeNow(bytes)
  }

  /** Writes what goes at once of all that waits; true when nothing is left. */
  pump(): boolean {
    this.#cancelTimer()
    let hasMoved = false
    let hasFailed = false
    for (;;) {
      const next = this.#waiting[this.#next]
      if (next === undefined) {
        this.#waiting = []
        this.#next = 0
        if (this.#dropped === 0 || hasFailed) break
        this.#tell()
        continue
      }
      const written = this.#options.write(next)
      if (written === 'full') {
        this.#retry = hasMoved ? FIRST_RETRY : Math.min(this.#retry * 2, LONGEST_RETRY)
        this.#setTimer()
        return false
      }
      hasMoved = true
      hasFailed ||= written === 'failed'
      if (written === 'failed') this.#dropped++
      const taken = written === 'failed' ? next.length : written
      this.#bytes -= taken
      if (taken === next.length) this.#next++
      else this.#waiting[this.#next] = next.subarray(taken)
    }
    this.#retry = FIRST_RETRY
    return true
  }

  /** Resolves when nothing waits any more, or when the reader has taken nothing for `timeout` ms. */
  async drained(timeout: number): Promise<void> {
    let before = this.#bytes
    let idle = 0
    while (!this.pump()) {
      if (this.#bytes < before) idle = 0
      before = this.#bytes
      if (idle >= timeout) return
      await sleep(this.#options.clock, FIRST_RETRY)
      idle += FIRST_RETRY
    }
  }

  /** The same at the exit of the process, where nothing can be waited for but by blocking. */
  drainAtExit(timeout: number): void {
    let before = this.#bytes
    let idle = 0
    while (!this.pump() && idle < timeout) {
      if (this.#bytes < before) idle = 0
      before = this.#bytes
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FIRST_RETRY)
      idle += FIRST_RETRY
    }
    this.#cancelTimer()
  }

  #writeNow(bytes: Uint8Array): void {
    const written = this.#options.write(bytes)
    if (written === bytes.length) {
      if (this.#dropped > 0) {
        this.#tell()
        this.pump()
      }
    } else if (written === 'failed') this.#dropped++
    else this.#hold(written === 'full' ? bytes : bytes.subarray(written), written !== 'full')
  }

  /** What has begun to be written is held in any case: half a line would spoil the next. */
  #hold(bytes: Uint8Array, hasBegun = false): void {
    if (!hasBegun && this.#bytes + bytes.length > this.#options.limit) {
      this.#dropped++
      return
    }
    // In the order of what happened: before the first line that is held again.
    if (this.#dropped > 0 && !hasBegun) this.#tell()
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    this.#setTimer()
  }

  #tell(): void {
    const note = Buffer.from(this.#options.droppedNote(this.#dropped))
    this.#dropped = 0
    this.#waiting.push(note)
    this.#bytes += note.length
    this.#setTimer()
  }

  #setTimer(): void {
    this.#timer ??= this.#options.clock.after(this.#retry, () => this.pump(), { unref: true })
  }

  #cancelTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
