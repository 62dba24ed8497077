import { JobsError, messageOf } from '../errors.ts'
import { JobLockedError } from '../execution/job-runner.ts'
import { UsageError } from './options.ts'

/** The exit code of sysexits.h's EX_TEMPFAIL: try again later. */
const LOCKED = 75

/** Says what went wrong, in one line, and what to do, in another; the stack only with DEBUG=webstir. */
export function explain(error: unknown): number {
  const isDebug = (process.env.DEBUG ?? '').split(',').includes('webstir')
  process.stderr.write(`Error: ${messageOf(error)}\n`)
  if (error instanceof JobsError && error.hint !== undefined) process.stderr.write(`Hint: ${error.hint}\n`)
  if (error instanceof Error && (isDebug || !(error instanceof JobsError))) process.stderr.write(`${error.stack}\n`)
  if (error instanceof UsageError) return 2
  return error instanceof JobLockedError ? LOCKED : 1
}

/** Runs an entry point and leaves with its exit code. Output that is still on its way is written first. */
export async function leaveWith(work: () => Promise<number>): Promise<never> {
  const code = await work().catch(explain)
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
  process.exit(code)
}
