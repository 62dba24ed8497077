import { type LogLine, readLogLine } from '../logging/log-line.ts'
import type { Logger } from '../logging/logger.ts'
import type { Execution } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import type { Clock, Timer } from '../support/clock.ts'
import type { WorkerServices } from './services.ts'

/** Lines go to the store at the latest after this many ms, or when this many wait. */
const DELAY = 500
const FULL = 100

/** The log of one attempt: what its logger is given is shown, and kept in the store with the execution. */
export class ExecutionLog {
  readonly #services: Pick<WorkerServices, 'store' | 'clock' | 'log'>
  readonly #execution: LoggedExecution
  #logger: Logger | undefined
  #buffer: LogBuffer | undefined

  constructor(services: Pick<WorkerServices, 'store' | 'clock' | 'log'>, execution: LoggedExecution) {
    this.#services = services
    this.#execution = execution
  }

  /** Made when it is first asked for: many jobs log nothing. */
  logger(): Logger {
    const { job, id, tenant } = this.#execution
    const fields = { job, executionId: id, ...(tenant === '' ? {} : { tenant }) }
    this.#logger ??= this.#services.log.forExecution(job, fields, (line) => this.#keep(line))
    return this.#logger
  }

  /** Shows and keeps a line that the logger of a child process has made. */
  relay(line: string): void {
    this.#services.log.relay(line)
    this.#keep(line)
  }

  /** Resolves when the log so far is in the store; undefined where nothing was logged. */
  flush(): Promise<void> | undefined {
    return this.#buffer?.flush()
  }

  #keep(text: string): void {
    const { job, id, attempt } = this.#execution
    const line = readLogLine(text, `[${job}] `)
    if (line === null) return
    this.#buffer ??= new LogBuffer(this.#services.store, this.#services.clock, id, attempt)
    this.#buffer.add(line)
  }
}

type LoggedExecution = Pick<Execution, 'id' | 'job' | 'tenant' | 'attempt'>

/** Collects lines and writes them to the store in batches. */
class LogBuffer {
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
