import { sleep } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Job } from '../manifest/job.ts'
import type { Execution, Outcome } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import { type AbortCause, type AbortedError, abortedBy } from './abort.ts'
import { type Attempt, startAttempt } from './attempt.ts'
import { errorRecord } from './error-record.ts'
import { retryDelay } from './retry.ts'
import type { CodeEnd, Surroundings } from './surroundings.ts'

/** How long an attempt that was told to end may take before its outcome is decided without it, in ms. */
const HEEDING = 1000

/** What became of one attempt, as recorded. */
export interface ExecutionEnd {
  readonly execution: Execution
  readonly outcome: Outcome
  /** What the job threw, as thrown; undefined where it threw nothing. */
  readonly thrown: unknown
  /** The job's module, as messages name it; null where it is none of a build. */
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
  abort(cause: AbortCause): void
}

/** Runs one attempt of an execution that this process owns, and records what became of it. */
export function execute(execution: Execution, job: Job, around: Surroundings): Executing {
  const attempt = startAttempt(execution, job, around)
  return {
    execution,
    job,
    done: conclude(execution, job, attempt, around),
    abort: (cause) => attempt.abort(abortedBy(cause)),
  }
}

async function conclude(execution: Execution, job: Job, attempt: Attempt, around: Surroundings): Promise<ExecutionEnd> {
  const { clock, store, log } = around
  const overdue = (): void => {
    if (!attempt.isSpreading()) attempt.abort(abortedBy('timeout', ` of ${job.timeout / 1000} s`))
  }
  // A timer that keeps the process: a run that waits for nothing but its signal must not end with the event loop.
  const limit = clock.after(job.timeout, overdue)
  const end = await endOrNeglect(attempt, around)
  limit.cancel()
  const at = clock.now()
  const outcome = decide(execution, job, end, attempt.aborted(), at)
  const isStillRunning = end === 'neglected'
  const logged = attempt.flushLog()
  if (logged !== undefined) await logged
  const { id, owner, attempt: number } = execution
  const ending = { id, owner, attempt: number, at, outcome, keepLock: isStillRunning }
  let recorded: boolean
  try {
    recorded = await store.finish(ending)
  } catch (error) {
    recorded = await recordLater(around, execution, ending, error)
  }
  if (isStillRunning) {
    const advice = job.isolation === 'inline' ? '; heed ctx.signal, or set "isolation": "process"' : ''
    log.root.warn(
      { job: execution.job, executionId: execution.id },
      `[${execution.job}] is still running although it was told to end${advice}`,
    )
    void attempt.ended.then(() => attempt.flushLog()).then(() => store.freeLock(execution.id).catch(() => {}))
  }
  const thrown = end !== 'neglected' && end.kind === 'threw' ? end.error : attempt.aborted()
  const file = around.modules.fileOf?.(execution.job) ?? null
  return { execution, outcome, thrown, file, recorded, durationMs: at - (execution.startedAt ?? at) }
}

/** The end of the attempt's code, or `neglected` where it was told to end and doesn't. */
function endOrNeglect(attempt: Attempt, { clock }: Surroundings): Promise<CodeEnd | 'neglected'> {
  return new Promise((resolve, reject) => {
    attempt.onAbort(() => clock.after(HEEDING, () => resolve('neglected')))
    attempt.ended.then(resolve, reject)
  })
}

/** Pure: what the end of an attempt means for its execution. */
export function decide(
  execution: Execution,
  job: Job,
  end: CodeEnd | 'neglected',
  aborted: AbortedError | undefined,
  now: number,
): Outcome {
  if (end !== 'neglected' && end.kind === 'skipped') return { kind: 'skipped', reason: end.reason }
  if (aborted?.abortCause === 'cancel' || aborted?.abortCause === 'overlap') {
    return { kind: 'cancelled', error: errorRecord(aborted) }
  }
  if (aborted?.abortCause === 'stop' && (end === 'neglected' || end.kind === 'threw')) {
    return { kind: 'released', error: errorRecord(aborted) }
  }
  if (end !== 'neglected' && end.kind === 'returned' && aborted?.abortCause !== 'timeout') return { kind: 'success' }
  const thrown = aborted ?? (end !== 'neglected' && end.kind === 'threw' ? end.error : undefined)
  const error = errorRecord(thrown)
  const delay = retryDelay(job.retry, execution.attempt - execution.recoveries, thrown, execution.id)
  return delay === null ? { kind: 'failure', error } : { kind: 'retry', error, availableAt: now + delay }
}

/** Writes the outcome, for as long as it takes: a store that is away for a while must not lose it. */
async function recordLater(
  { store, clock, log }: Surroundings,
  { job }: Execution,
  ending: Parameters<Store['finish']>[0],
  failed: unknown,
): Promise<boolean> {
  let error = failed
  for (let delay = 200; ; delay = Math.min(delay * 2, 5000)) {
    log.root.error(
      { job, executionId: ending.id },
      `[${job}] its outcome (${ending.outcome.kind}) could not be recorded yet, trying again: ${messageOf(error)}`,
    )
    await sleep(clock, delay)
    try {
      return await store.finish(ending)
    } catch (again) {
      error = again
    }
  }
}
