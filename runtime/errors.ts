/**
 * The one family of errors that the project throws on purpose. Each is written for the person who reads it: the
 * message names the thing and the place, the hint says what to do. Anything else that escapes is a bug.
 */
export class JobsError extends Error {
  /** Stable, upper snake case; part of the public contract. */
  readonly code: string
  /** What to do about it, one line; absent only where there is nothing to do. */
  readonly hint: string | undefined

  constructor(code: string, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.hint = options.hint
  }
}

/** The text of whatever was thrown, also when it is no Error. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name
  try {
    return String(thrown)
  } catch {
    return 'a value that has no text'
  }
}
