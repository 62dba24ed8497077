import { inspect } from 'node:util'
import type { Job, RetryPolicy } from '../manifest/types.ts'
import type { ErrorRecord, Execution, Outcome } from '../store/execution.ts'
import { JobsError } from '../support/errors.ts'
import { unitHash } from '../support/hash.ts'
import type { AbortedError } from './abort.ts'
import type { CodeEnd } from './services.ts'

/** Thrown by a job to be tried again after a delay of its own choosing, as long as its policy has attempts left. Code: RETRYABLE. */
export class RetryableError extends JobsError {
  /** Milliseconds until the next attempt; undefined: as the job's policy says. */
  readonly retryAfter: number | undefined

  constructor(message: string, options: { retryAfter?: number; cause?: unknown } = {}) {
    super('RETRYABLE', message, { cause: options.cause })
    // Of subclasses too: a parent process knows what its child threw by this name.
    this.name = 'RetryableError'
    this.retryAfter = options.retryAfter
  }
}

/** Thrown by a job that would only fail again: no further attempt is made, however many are left. Code: FATAL. */
export class FatalError extends JobsError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('FATAL', message, { cause: options.cause })
    this.name = 'FatalError'
  }
}

/**
 * How long to wait before the next attempt, in ms, or null where there is none.
 * `failures` counts those that used up the budget, this one included: at least 1.
 * `seed` makes the jitter: equal seeds give equal delays, so that a restart doesn't change what was decided.
 */
export function retryDelay(policy: RetryPolicy, failures: number, error: unknown, seed: string): number | null {
  if (isNamed(error, 'FatalError') || isFinal(error) || failures >= policy.attempts) return null
  if (isNamed(error, 'RetryableError')) {
    const { retryAfter } = error as { retryAfter?: unknown }
    if (typeof retryAfter === 'number' && retryAfter >= 0) return retryAfter
  }
  if (policy.backoff === 'fixed') return Math.min(policy.delay, policy.maxDelay)
  const full = Math.min(policy.delay * 2 ** (failures - 1), policy.maxDelay)
  // Between half and the whole of it: many jobs that failed together don't come back together.
  return Math.round(full * (0.5 + 0.5 * unitHash(`${seed}:${failures}`)))
}

/** By name, not by instanceof: an error may come from a child process or from a second copy of this module. */
function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

/** An error may say of itself that another attempt is not to be made. */
function isFinal(error: unknown): boolean {
  return error instanceof Error && 'isFinal' in error && error.isFinal === true
}

/** An error's text is kept up to this length, its stack to four times that. */
const LONGEST = 4096

/** Whatever was thrown, in the form in which it is stored. `code` stands in where the error has none of its own. */
export function errorRecord(thrown: unknown, code = 'JOB_FAILED'): ErrorRecord {
  if (thrown instanceof Error) {
    const own = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
    return {
      code: own ?? code,
      message: clip(thrown.message || thrown.name, LONGEST),
      stack: thrown.stack === undefined ? null : clip(withCauses(thrown), LONGEST * 4),
    }
  }
  const text = typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 3 })
  return { code, message: clip(text, LONGEST), stack: null }
}

function withCauses(error: Error): string {
  let text = error.stack ?? ''
  let cause = error.cause
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    text += `\ncaused by ${cause.stack ?? cause.message}`
    cause = cause.cause
  }
  return text
}

function clip(text: string, length: number): string {
  // It may be cut in the middle of a character.
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
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
  if (end !== 'abortIgnored' && end.kind === 'returned' && aborted?.abortCause !== 'timeout') return { kind: 'success' }
  const thrown = aborted ?? (end !== 'abortIgnored' && end.kind === 'threw' ? end.error : undefined)
  const error = errorRecord(thrown)
  const delay = retryDelay(job.retry, execution.attempt - execution.recoveries, thrown, execution.id)
  return delay === null ? { kind: 'failure', error } : { kind: 'retry', error, availableAt: now + delay }
}
