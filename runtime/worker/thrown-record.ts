import type { ErrorRecord } from '../store/execution.ts'
import type { JsonObject, JsonValue } from '../support/json.ts'
import { redactedFields } from '../support/redact.ts'
import { isError, ownFields, readThrown } from '../support/thrown.ts'
import { errorRecord } from './outcome.ts'

/** Whatever was thrown, in a form that goes from one process to another. */
export interface ThrownRecord {
  readonly name: string
  readonly error: ErrorRecord
  readonly hint?: string
  /** Of a RetryableError. */
  readonly retryAfter?: JsonValue
  /** What the error has of its own, without secrets. */
  readonly own?: JsonObject
  /** No other attempt is to be made. */
  readonly isFinal?: boolean
}

/** `redact`: names and paths that are redacted beside the usual. */
export function thrownRecord(thrown: unknown, redact: readonly string[] = []): ThrownRecord {
  const error = errorRecord(thrown)
  const { name, text, value } = readThrown(thrown)
  if (!isError(thrown)) return { name, error }
  const hint = text('hint')
  const retryAfter = value('retryAfter')
  return {
    name,
    error,
    own: redactedFields(ownFields(thrown), redact),
    ...(hint === undefined ? {} : { hint }),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(value('isFinal') === true ? { isFinal: true } : {}),
  }
}

/** The error as one of this process, with its name, code and stack. */
export function revived({ name, error, hint, retryAfter, isFinal, own }: ThrownRecord): Error {
  const copy = Object.assign(new Error(error.message), own, { name, code: error.code, hint, retryAfter, isFinal })
  if (error.stack !== null) copy.stack = error.stack
  return copy
}
