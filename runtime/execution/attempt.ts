import { readLogLine } from '../logging/line.ts'
import type { Logger } from '../logging/logger.ts'
import type { Job } from '../manifest/job.ts'
import type { Execution } from '../store/execution.ts'
import type { AbortedError } from './abort.ts'
import { startInline } from './inline.ts'
import { LogBuffer } from './log-buffer.ts'
import { relayedCall } from './relayed-calls.ts'
import type { AttemptBody, IsolatedRun, Surroundings } from './surroundings.ts'

/** One attempt in the making: the code runs, and somebody may want it to end. */
export interface Attempt extends AttemptBody {
  /** The first reason for which it was told to end; undefined while nobody did. */
  aborted(): AbortedError | undefined
  /** Calls `listener` once, when it is first told to end; at once where that has happened. */
  onAbort(listener: () => void): void
  /** True once it has begun to run its job for each of many tenants: each of them has a time limit, all together none. */
  spreads(): boolean
  /** Resolves when the log so far is in the store; undefined where nothing was logged. */
  flushLog(): Promise<void> | undefined
}

/** Starts the code of an execution that is RUNNING in the store and owned by this process. */
export function startAttempt(execution: Execution, job: Job, around: Surroundings): Attempt {
  const { log } = around
  let buffer: LogBuffer | undefined
  const keep = (text: string): void => {
    const line = readLogLine(text, `[${execution.job}] `)
    if (line === null) return
    buffer ??= new LogBuffer(around.store, around.clock, execution.id, execution.attempt)
    buffer.add(line)
  }
  const { job: name, id, tenant } = execution
  const fields = { job: name, executionId: id, ...(tenant === '' ? {} : { tenant }) }
  const logger = lazy(() => log.forExecution(name, fields, keep))
  const writeLine = (line: string): void => {
    log.relay(line)
    keep(line)
  }
  const progress = (percent: number, message: string | null): void => {
    around.store.setProgress(execution.id, Math.min(100, Math.max(0, percent)), message).catch(() => {})
  }
  let isSpreading = false
  const spreads = (): void => {
    isSpreading = true
  }
  let reason: AbortedError | undefined
  let listener: (() => void) | undefined
  // The parent of a multi-tenant fire only spreads it; its children are what is isolated.
  const isParent = job.multiTenant === true && execution.tenant === ''
  const body =
    job.isolation === 'process' && !isParent && around.isolate !== undefined
      ? isolatedBody({ execution, job, writeLine, progress }, around.isolate, around, logger)
      : startInline(execution, job, around, { logger, progress, spreads })
  return {
    ended: body.ended,
    aborted: () => reason,
    abort(given) {
      if (reason !== undefined) return
      reason = given
      body.abort(given)
      listener?.()
    },
    onAbort(given) {
      listener = given
      if (reason !== undefined) given()
    },
    spreads: () => isSpreading,
    flushLog: () => buffer?.flush(),
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

function lazy<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
