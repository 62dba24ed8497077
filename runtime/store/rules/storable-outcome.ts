import { messageOf } from '../../support/errors.ts'
import type { ErrorRecord, Outcome } from '../execution.ts'
import type { Store } from '../store.ts'

type Completion = Parameters<Store['complete']>[0]

/** The last instant that a Date can hold. */
const LAST_INSTANT = 8.64e15

/** A completion as it can be stored: what an author's code may have put into it is of the types that its columns have. */
export function storableCompletion(end: Completion): Completion {
  const { outcome } = end
  if (outcome.kind === 'success') return end
  if (outcome.kind === 'skipped') return { ...end, outcome: { ...outcome, reason: String(outcome.reason) } }
  const error = storableError(outcome.error)
  if (outcome.kind !== 'retry') return { ...end, outcome: { ...outcome, error } }
  const availableAt = Math.ceil(outcome.availableAt)
  if (Math.abs(availableAt) <= LAST_INSTANT) return { ...end, outcome: { ...outcome, error, availableAt } }
  return {
    ...end,
    outcome: notStored(error, `its next attempt would be at ${outcome.availableAt}, which is not a date`),
  }
}

/** What is recorded of an attempt whose outcome the store has refused. */
export function refusedCompletion(end: Completion, cause: unknown): Completion {
  const error = 'error' in end.outcome ? end.outcome.error : null
  return { ...end, outcome: notStored(error, `the store refused it: ${messageOf(cause).slice(0, 500)}`) }
}

function notStored(error: ErrorRecord | null, why: string): Outcome {
  const reported = error === null ? '' : ` It had reported ${error.code}.`
  const message = `the outcome of the attempt could not be stored: ${why}.${reported}`
  return { kind: 'failure', error: { code: 'OUTCOME_NOT_STORED', message, stack: null } }
}

/** Records come from compiled code as well, which no type has checked. */
function storableError({ code, message, stack }: ErrorRecord): ErrorRecord {
  return { code: String(code), message: String(message), stack: stack === null ? null : String(stack) }
}
