import type { SkipCause } from './execution.ts'

/** How a skip reason is stored: in words, beginning with its cause, once. */
export function skipText(cause: SkipCause, reason: string): string {
  if (reason === '' || reason === cause) return cause
  return reason.startsWith(`${cause}:`) ? reason : `${cause}: ${reason}`
}

/** An instant as people read it in a reason: ISO 8601 in UTC, without fractions of a second. */
export function instantText(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z')
}
