import type { JsonValue } from '../json.ts'
import type { ErrorRecord } from '../store/execution.ts'
import { errorRecord } from './error-record.ts'

/** Whatever was thrown, in a form that goes from one process to another. */
export interface ThrownRecord {
  readonly name: string
  readonly error: ErrorRecord
  readonly hint?: string
  /** Of a RetryableError. */
  readonly retryAfter?: JsonValue
}

export function thrownRecord(thrown: unknown): ThrownRecord {
  const error = errorRecord(thrown)
  if (!(thrown instanceof Error)) return { name: 'Error', error }
  const { name } = thrown
  const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? { hint: thrown.hint } : {}
  const retryAfter =
    'retryAfter' in thrown && typeof thrown.retryAfter === 'number' ? { retryAfter: thrown.retryAfter } : {}
  return { name, error, ...hint, ...retryAfter }
}

/** The error as one of this process, with its name, code and stack. */
export function revived({ name, error, hint, retryAfter }: ThrownRecord): Error {
  const copy = Object.assign(new Error(error.message), { name, code: error.code, hint, retryAfter })
  if (error.stack !== null) copy.stack = error.stack
  return copy
}
