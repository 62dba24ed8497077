import type { ErrorRecord } from '../store/execution.ts'
import type { JsonValue } from '../support/json.ts'
import { readThrown } from '../support/thrown.ts'
import { errorRecord } from './outcome.ts'

/** Whatever was thrown, in a form that goes from one process to another. */
export interface ThrownRecord {
  readonly name: string
  readonly error: ErrorRecord
  readonly hint?: string
  /** Of a RetryableError. */
  readonly retryAfter?: JsonValue
  /** No other attempt is to be made. */
  readonly isFinal?: boolean
}

export function thrownRecord(thrown: unknown): ThrownRecord {
  const error = errorRecord(thrown)
  const { isError, name, text, value } = readThrown(thrown)
  if (!isError) return { name, error }
  const hint = text('hint')
  const retryAfter = value('retryAfter')
  return {
    name,
    error,
    ...(hint === undefined ? {} : { hint }),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(value('isFinal') === true ? { isFinal: true } : {}),
  }
}

/** The error as one of this process, with its name, code and stack. */
export function revived({ name, error, hint, retryAfter, isFinal }: ThrownRecord): Error {
  const copy = Object.assign(new Error(error.message), { name, code: error.code, hint, retryAfter, isFinal })
  if (error.stack !== null) copy.stack = error.stack
  return copy
}
