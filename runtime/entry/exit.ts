import { messageOf } from '../support/errors.ts'
import { writeError } from '../support/stdio.ts'

/** By an error's code; any other error is 1. 75 is sysexits.h's EX_TEMPFAIL: try again later. */
const EXIT_CODES: Readonly<Record<string, number>> = { USAGE: 2, JOB_LOCKED: 75 }

/**
 * Says what went wrong, in one line, and what to do, in another; the stack only with DEBUG=webstir, and for what was
 * not thrown on purpose. Errors are known by what they hold: the scheduler is several bundles, each with its own copy
 * of their classes.
 */
export function reportError(error: unknown): number {
  const isDebug = (process.env.DEBUG ?? '').split(',').includes('webstir')
  const isOurs = error instanceof Error && 'code' in error && 'hint' in error
  writeError(`Error: ${messageOf(error)}\n`)
  if (isOurs && error.hint !== undefined) writeError(`Hint: ${error.hint}\n`)
  if (error instanceof Error && (isDebug || !isOurs)) writeError(`${error.stack}\n`)
  return (isOurs ? EXIT_CODES[String(error.code)] : undefined) ?? 1
}

/**
 * Runs an entry point and leaves with its exit code. Output that is still on its way is written first. `hasWritten`: other
 * code has run before, which may have used `process.stdout`.
 */
export async function leaveWith(work: () => Promise<number>, hasWritten = false): Promise<never> {
  const flush = watchStandardOutput(hasWritten)
  // In a promise of its own, so that what is thrown at once (wrong options) is explained like the rest.
  const code = await Promise.resolve().then(work).catch(reportError)
  await flush()
  process.exit(code)
}

/**
 * What is returned waits for what was written through `process.stdout`, by a job for example. It must not be the one
 * that makes that stream, which Node does when it is first asked for and which is slow (`npm run bench -- startup`);
 * so it notes whether anything has.
 */
function watchStandardOutput(hasWritten: boolean): () => Promise<void> {
  const property = Object.getOwnPropertyDescriptor(process, 'stdout')
  const make = property?.get
  let isUsed = hasWritten || make === undefined
  if (make !== undefined) {
    const get = (): unknown => {
      isUsed = true
      return make.call(process)
    }
    Object.defineProperty(process, 'stdout', { ...property, get })
  }
  return async () => {
    if (isUsed) await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
  }
}
