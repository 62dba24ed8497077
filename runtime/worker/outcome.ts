import type { Job, RetryPolicy } from '../manifest/types.ts'
import type { ErrorRecord, Execution, Outcome } from '../store/execution.ts'
import { JobsError } from '../support/errors.ts'
import { unitHash } from '../support/hash.ts'
import { redactText } from '../support/redact-text.ts'
import { readThrown } from '../support/thrown.ts'
import type { AbortedError } from './abort.ts'
import type { CodeEnd } from './services.ts'

/** Thrown by a job to be tried again after a delay that it chooses, as long as its policy has attempts left. Code: RETRYABLE. */
export class RetryableError extends JobsError {
  /** Milliseconds until the next attempt; undefined: as the job's policy says. */
  readonly retryAfter: number | undefined

  constructor(message: string, options: { retryAfter?: number; cause?: unknown } = {}) {
    super('RETRYABLE', message, { cause: options.cause })
    // Of subclasses too: a parent process knows what its child threw by this name.
    this.name = 'RetryableError'
    this.retryAfter = checkedRetryAfter(options.retryAfter)
  }
}

/** Thrown by a job that would only fail again: no further attempt is made, however many are left. Code: FATAL. */
export class FatalError extends JobsError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('FATAL', message, { cause: options.cause })
    this.name = 'FatalError'
  }
}

/** No attempt is put off for longer, in ms: 30 days. */
const LONGEST_DELAY = 30 * 86_400_000

function checkedRetryAfter(retryAfter: unknown): number | undefined {
  if (retryAfter === undefined || isDelay(retryAfter)) return retryAfter
  const shown = typeof retryAfter === 'number' ? String(retryAfter) : readThrown(retryAfter).message
  throw new JobsError('RETRY_AFTER', `RetryableError: retryAfter must be a number of milliseconds, and is ${shown}`, {
    hint: 'give milliseconds from 0 to 2592000000 (30 days), such as { retryAfter: 60_000 }, or leave it out',
  })
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LONGEST_DELAY
}

/**
 * How long to wait before the next attempt, in ms, or null where there is none.
 * `failures` counts those that used up the budget, this one included: at least 1.
 * `seed` makes the jitter: equal seeds give equal delays, so that a restart doesn't change what was decided.
 */
export function retryDelay(policy: RetryPolicy, failures: number, error: unknown, seed: string): number | null {
  // By name, not by instanceof: an error may come from a child process or from a second copy of this module.
  const { isError, name, value } = readThrown(error)
  const isFinal = isError && (name === 'FatalError' || value('isFinal') === true)
  if (isFinal || failures >= policy.attempts) return null
  if (isError && name === 'RetryableError') {
    const retryAfter = value('retryAfter')
    if (isDelay(retryAfter)) return retryAfter
  }
  if (policy.backoff === 'fixed') return Math.min(policy.delay, policy.maxDelay)
  const full = Math.min(policy.delay * 2 ** (failures - 1), policy.maxDelay)
  // Between half and the whole of it: many jobs that failed together don't come back together.
  return Math.round(full * (0.5 + 0.5 * unitHash(`${seed}:${failures}`)))
}

/** Whatever was thrown, as it is stored: without secrets, and with `code` where the error has none. */
export function errorRecord(thrown: unknown, code = 'JOB_FAILED'): ErrorRecord {
  const { isError, text, message, stack } = readThrown(thrown)
  return {
    code: (isError ? text('code') : undefined) ?? code,
    message: redactText(message),
    stack: stack === null ? null : redactText(stack),
  }
}

/** Pure: what the end of an attempt means for its execution. */
export function decide(
  execution: Execution,
  job: Job,
  end: CodeEnd | 'abortIgnored',
  aborted: AbortedError | undefined,
  now: number,
): Outcome {
  if (end !== 'abortIgnored' && end.kind === 'skipped') return { kind: 'skipped', reason: end.reason }
  if (aborted?.abortCause === 'cancel' || aborted?.abortCause === 'overlap') {
    return { kind: 'cancelled', error: errorRecord(aborted) }
  }
  if (aborted?.abortCause === 'stop' && (end === 'abortIgnored' || end.kind === 'threw')) {
    return { kind: 'released', error: errorRecord(aborted) }
  }
  if (end !== 'abortIgnored' && end.kind === 'returned' && aborted?.abortCause !== 'timeout') {
    return end.result === undefined ? { kind: 'success' } : { kind: 'success', result: end.result }
  }
  const thrown = aborted ?? (end !== 'abortIgnored' && end.kind === 'threw' ? end.error : undefined)
  const error = errorRecord(thrown)
  const delay = retryDelay(job.retry, execution.attempt - execution.recoveries, thrown, execution.id)
  return delay === null ? { kind: 'failure', error } : { kind: 'retry', error, availableAt: now + delay }
}
