import type { Logger } from '../logging/logger.ts'
import type { Job } from '../manifest/types.ts'
import { StoreError } from '../store/errors.ts'
import type { Execution, Outcome } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import { type AbortCause, type AbortedError, abortedBy } from './abort.ts'
import { ExecutionLog } from './execution-log.ts'
import { type AttemptReporter, startInline } from './inline.ts'
import { decide } from './outcome.ts'
import { isolatedBody } from './relayed-calls.ts'
import { warnOfLoss } from './results.ts'
import type { AttemptBody, CodeEnd, IsolatedRun, WorkerServices } from './services.ts'

/** How long an aborted attempt may take before its outcome is decided without it, in ms. */
const ABORT_GRACE = 1000

/** Longest time between two tries to record an outcome, in ms. */
const LONGEST_DELAY = 1000

/** What became of one attempt, as recorded. */
export interface ExecutionEnd {
  readonly execution: Execution
  readonly outcome: Outcome
  /** What the job threw, as thrown; undefined where it threw nothing. */
  readonly thrown: unknown
  /** The job's module, as messages name it; null where it is not from a build. */
  readonly file: string | null
  /** False where another process had taken the execution over: then nothing was recorded. */
  readonly recorded: boolean
  readonly durationMs: number
}

/** An execution on its way through this process. */
export interface Executing {
  readonly execution: Execution
  readonly job: Job
  /** Resolves when the outcome is in the store. Rejects only if it can't be written there at all. */
  readonly done: Promise<ExecutionEnd>
  /** What came of it, where that is decided and not yet in the store. */
  unrecorded(): Outcome['kind'] | undefined
  abort(cause: AbortCause): void
}

/** Runs one attempt of an execution that this process owns, and records what became of it. */
export function execute(execution: Execution, ofJob: Job, services: WorkerServices): Executing {
  const job = execution.overrides === undefined ? ofJob : { ...ofJob, ...execution.overrides }
  const attempt = startAttempt(execution, job, services)
  // What an earlier attempt reached says nothing of this one.
  if (execution.progress !== null) services.store.setProgress(execution.id, 0, null).catch(() => {})
  const pending: Pending = { outcome: undefined }
  return {
    execution,
    job,
    done: conclude(execution, job, attempt, services, pending),
    unrecorded: () => pending.outcome,
    abort: (cause) => attempt.abort(abortedBy(cause)),
  }
}

/** The outcome that the store has yet to take. */
interface Pending {
  outcome: Outcome['kind'] | undefined
}

async function conclude(
  execution: Execution,
  job: Job,
  attempt: Attempt,
  services: WorkerServices,
  pending: Pending,
): Promise<ExecutionEnd> {
  const { clock, store, log } = services
  const overdue = (): void => {
    if (!attempt.isFanOut()) attempt.abort(abortedBy('timeout', ` of ${job.timeout / 1000} s`))
  }
  // A timer that keeps the process: a run that waits for nothing but its signal must not end with the event loop.
  const limit = clock.after(job.timeout, overdue)
  const end = await endOrAbortIgnored(attempt, services)
  limit.cancel()
  const at = clock.now()
  const thrown = end !== 'abortIgnored' && end.kind === 'threw' ? end.error : attempt.aborted()
  if (thrown !== undefined) await services.pointAtSources?.(thrown)
  const outcome = decide(execution, job, end, attempt.aborted(), at)
  pending.outcome = outcome.kind
  if (outcome.kind === 'success' && outcome.result !== undefined) warnOfLoss(outcome.result, attempt)
  const isStillRunning = end === 'abortIgnored'
  const logged = attempt.flushLog()
  if (logged !== undefined) await logged
  const { id, owner, attempt: number } = execution
  const ending = { id, owner, attempt: number, at, outcome, retainLock: isStillRunning }
  let recorded: boolean
  try {
    recorded = await store.complete(ending)
  } catch (error) {
    recorded = await recordLater(services, execution, ending, error)
  }
  pending.outcome = undefined
  if (isStillRunning) {
    const advice = job.isolation === 'inline' ? '; make it react to ctx.signal, or set "isolation": "process"' : ''
    log.root.warn(
      { job: execution.job, executionId: execution.id },
      `[${execution.job}] is still running although it was aborted${advice}`,
    )
    void attempt.ended.then(() => attempt.flushLog()).then(() => store.freeRetainedLock(execution.id).catch(() => {}))
  }
  const file = services.modules.fileOf?.(execution.job) ?? null
  return { execution, outcome, thrown, file, recorded, durationMs: at - (execution.startedAt ?? at) }
}

/** The end of the attempt's code, or `abortIgnored` where it was aborted and goes on. */
function endOrAbortIgnored(attempt: Attempt, { clock }: WorkerServices): Promise<CodeEnd | 'abortIgnored'> {
  return new Promise((resolve, reject) => {
    attempt.onAbort(() => clock.after(ABORT_GRACE, () => resolve('abortIgnored')))
    attempt.ended.then(resolve, reject)
  })
}

/** Writes the outcome, for as long as it takes: a store that is away for a while must not lose it. */
async function recordLater(
  { store, clock, log, outage }: WorkerServices,
  { job }: Execution,
  ending: Parameters<Store['complete']>[0],
  failed: unknown,
): Promise<boolean> {
  let error = failed
  // A store that is another one now will never take it.
  const isLost = (cause: unknown): boolean => cause instanceof StoreError && cause.code === 'STORE_REPLACED'
  for (let delay = 200; !isLost(error); delay = Math.min(delay * 2, LONGEST_DELAY)) {
    if (!outage?.failed(error)) {
      log.root.error(
        { job, executionId: ending.id },
        `[${job}] its outcome (${ending.outcome.kind}) could not be recorded yet, trying again: ${messageOf(error)}`,
      )
    }
    await sleep(clock, delay)
    try {
      const recorded = await store.complete(ending)
      outage?.answered()
      return recorded
    } catch (again) {
      error = again
    }
  }
  throw error
}

/** One attempt under way, which can be aborted. */
export interface Attempt extends AttemptBody {
  /** The first reason for which it was aborted; undefined while it wasn't. */
  aborted(): AbortedError | undefined
  /** Calls `listener` once, when it is first aborted; at once where that has happened. */
  onAbort(listener: () => void): void
  /** True once it has begun to run its job for each of many tenants: each of them has a time limit, all together none. */
  isFanOut(): boolean
  /** Resolves when the log so far is in the store; undefined where nothing was logged. */
  flushLog(): Promise<void> | undefined
  /** Of the execution's own log. */
  logger(): Logger
}

/** Starts the code of an execution that is RUNNING in the store and owned by this process. */
export function startAttempt(execution: Execution, job: Job, services: WorkerServices): Attempt {
  return new OwnAttempt(execution, job, services)
}

class OwnAttempt implements Attempt, AttemptReporter {
  readonly ended: Promise<CodeEnd>
  readonly #execution: Execution
  readonly #services: WorkerServices
  readonly #body: AttemptBody
  readonly #log: ExecutionLog
  #isFanOut = false
  #reason: AbortedError | undefined
  #listener: (() => void) | undefined

  constructor(execution: Execution, job: Job, services: WorkerServices) {
    this.#execution = execution
    this.#services = services
    this.#log = new ExecutionLog(services, execution)
    // The parent of a multi-tenant fire only fans it out; its children are what is isolated.
    const isParent = job.multiTenant === true && execution.tenant === ''
    this.#body =
      job.isolation === 'process' && !isParent && services.isolate !== undefined
        ? this.#isolated(job, services.isolate)
        : startInline(execution, job, services, this)
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
    return this.#log.logger()
  }

  flushLog(): Promise<void> | undefined {
    return this.#log.flush()
  }

  fansOut(): void {
    this.#isFanOut = true
  }

  isFanOut(): boolean {
    return this.#isFanOut
  }

  progress(percent: number, message: string | null): void {
    const part = Math.floor(Math.min(100, Math.max(0, percent)))
    this.#services.store.setProgress(this.#execution.id, part, message).catch(() => {})
  }

  #isolated(job: Job, isolate: (run: IsolatedRun) => AttemptBody): AttemptBody {
    const run: IsolatedRun = {
      execution: this.#execution,
      job,
      writeLine: (line) => this.#log.relay(line),
      progress: (percent, message) => this.progress(percent, message),
    }
    return isolatedBody(run, isolate, this.#services, () => this.logger())
  }
}
