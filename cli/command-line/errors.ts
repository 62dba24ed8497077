import { JobsError } from '../../runtime/support/errors.ts'

/** The command line is wrong: exit code 2. */
export class UsageError extends JobsError {
  constructor(message: string, hint: string) {
    super('USAGE', message, { hint })
  }
}

/** The problem has been reported already; only the exit code is left. */
export class ExitError extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** A mistake in what was asked for, or in what the workspace holds: exit code 1. */
export class CommandError extends JobsError {}
