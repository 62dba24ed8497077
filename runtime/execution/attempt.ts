import { readLogLine } from '../logging/line.ts'
import type { Logger } from '../logging/logger.ts'
import type { Job } from '../manifest/job.ts'
import type { Execution } from '../store/execution.ts'
import type { AbortedError } from './abort.ts'
import { startInline, type Telling } from './inline.ts'
import { LogBuffer } from './log-buffer.ts'
import { relayedCall } from './relayed-calls.ts'
import type { AttemptBody, CodeEnd, IsolatedRun, Surroundings } from './surroundings.ts'

/** One attempt in the making: the code runs, and somebody may want it to end. */
export interface Attempt extends AttemptBody {
  /** The first reason for which it was told to end; undefined while nobody did. */
  aborted(): AbortedError | undefined
  /** Calls `listener` once, when it is first told to end; at once where that has happened. */
  onAbort(listener: () => void): void
  /** True once it has begun to run its job for each of many tenants: each of them has a time limit, all together none. */
  isSpreading(): boolean
  /** Resolves when the log so far is in the store; undefined where nothing was logged. */
  flushLog(): Promise<void> | undefined
}

/** Starts the code of an execution that is RUNNING in the store and owned by this process. */
export function startAttempt(execution: Execution, job: Job, around: Surroundings): Attempt {
  return new OwnAttempt(execution, job, around)
}

class OwnAttempt implements Attempt, Telling {
  readonly ended: Promise<CodeEnd>
  readonly #execution: Execution
  readonly #around: Surroundings
  readonly #body: AttemptBody
  #logger: Logger | undefined
  #buffer: LogBuffer | undefined
  #isSpreading = false
  #reason: AbortedError | undefined
  #listener: (() => void) | undefined

  constructor(execution: Execution, job: Job, around: Surroundings) {
    this.#execution = execution
    this.#around = around
    // The parent of a multi-tenant fire only spreads it; its children are what is isolated.
    const isParent = job.multiTenant === true && execution.tenant === ''
    this.#body =
      job.isolation === 'process' && !isParent && around.isolate !== undefined
        ? this.#isolated(job, around.isolate)
        : startInline(execution, job, around, this)
    this.ended = this.#body.ended
  }

  aborted(): AbortedError | undefined {
    return this.#reason
  }

  abort(reason: AbortedError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#body.abort(reason)
    this.#listener?.()
  }

  onAbort(listener: () => void): void {
    this.#listener = listener
    if (this.#reason !== undefined) listener()
  }

  logger(): Logger {
    const { job, id, tenant } = this.#execution
    const fields = { job, executionId: id, ...(tenant === '' ? {} : { tenant }) }
    this.#logger ??= this.#around.log.forExecution(job, fields, (line) => this.#keep(line))
    return this.#logger
  }

  flushLog(): Promise<void> | undefined {
    return this.#buffer?.flush()
  }

  spreads(): void {
    this.#isSpreading = true
  }

  isSpreading(): boolean {
    return this.#isSpreading
  }

  progress(percent: number, message: string | null): void {
    const part = Math.min(100, Math.max(0, percent))
    this.#around.store.setProgress(this.#execution.id, part, message).catch(() => {})
  }

  #keep(text: string): void {
    const { job, id, attempt } = this.#execution
    const line = readLogLine(text, `[${job}] `)
    if (line === null) return
    this.#buffer ??= new LogBuffer(this.#around.store, this.#around.clock, id, attempt)
    this.#buffer.add(line)
  }

  #isolated(job: Job, isolate: (run: IsolatedRun) => AttemptBody): AttemptBody {
    const run: IsolatedRun = {
      execution: this.#execution,
      job,
      writeLine: (line) => {
        this.#around.log.relay(line)
        this.#keep(line)
      },
      progress: (percent, message) => this.progress(percent, message),
    }
    return isolatedBody(run, isolate, this.#around, () => this.logger())
  }
}

/** The body of an attempt in a process of its own, which may call other jobs all the same. */
function isolatedBody(
  run: IsolatedRun,
  isolate: (run: IsolatedRun) => AttemptBody,
  around: Surroundings,
  logger: () => Logger,
): AttemptBody {
  const ending = new AbortController()
  const call = relayedCall(run.execution, around, logger, ending.signal)
  const body = isolate(call === undefined ? run : { ...run, call })
  const abort = (reason: AbortedError): void => {
    ending.abort(reason)
    body.abort(reason)
  }
  return { ended: body.ended, abort }
}
