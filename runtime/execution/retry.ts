import type { RetryPolicy } from '../manifest/job.ts'

/** Thrown by a job to be tried again after a delay of its own choosing, as long as its policy has attempts left. */
export class RetryableError extends Error {
  /** Milliseconds until the next attempt; undefined: as the job's policy says. */
  readonly retryAfter: number | undefined

  constructor(message: string, options: { retryAfter?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RetryableError'
    this.retryAfter = options.retryAfter
  }
}

/** Thrown by a job that would only fail again: no further attempt is made, however many are left. */
export class FatalError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
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

/** A number in [0, 1) that depends on nothing but the text (FNV-1a, then a final mix). */
export function unitHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
