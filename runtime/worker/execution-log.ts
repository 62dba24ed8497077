import type { LogLine } from '../logging/log-line.ts'
import type { Store } from '../store/store.ts'
import type { Clock, Timer } from '../support/clock.ts'

/** Lines go to the store at the latest after this many ms, or when this many wait. */
const DELAY = 500
const FULL = 100

/** Collects the log lines of one execution and writes them to the store in batches. */
export class LogBuffer {
  #lines: LogLine[] = []
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly executionId: string,
    private readonly attempt: number,
  ) {}

  add(line: LogLine): void {
    this.#lines.push(line)
    if (this.#lines.length >= FULL) void this.flush()
    else this.#timer ??= this.clock.after(DELAY, () => void this.flush(), { unref: true })
  }

  /** Resolves when all that was added so far is written. A store that can't take it loses the lines, never the run. */
  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const lines = this.#lines
    if (lines.length === 0) return this.#writing
    this.#lines = []
    this.#writing = this.#writing.then(() =>
      this.store.appendLog(this.executionId, this.attempt, lines).catch(() => {}),
    )
    return this.#writing
  }
}
