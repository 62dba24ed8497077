const OURS = Symbol.for('webstir-jobs.error')

/**
 * The one family of errors that the project throws on purpose. Each is written for the person who reads it: the
 * message names the thing and the place, the hint says what to do. Anything else that escapes is a bug.
 */
export class JobsError extends Error {
  /**
   * The runtime may be there more than once in a process: in the package, in the build, in the file that runs a job. An
   * error is known by its class's name and those of the classes that it extends, whichever copy made it.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: the class that is asked about, which may extend this one.
    const { name } = this
    try {
      if (typeof value !== 'object' || value === null || !(OURS in value)) return false
      for (let own = Object.getPrototypeOf(value); own !== null; own = Object.getPrototypeOf(own)) {
        if (own.constructor.name === name) return true
      }
    } catch {
      // A proxy may throw at anything; it is not ours.
    }
    return false
  }

  get [OURS](): true {
    return true
  }

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

/** The text of anything that was thrown, also when it is not an Error, or one that throws when it is read. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message || thrown.name : thrown)
  } catch {
    return 'a value without a text'
  }
}
