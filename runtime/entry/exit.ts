import { sleep, systemClock } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'
import { redactText } from '../support/redact-text.ts'
import { writeError } from '../support/stdio.ts'
import { isStopping } from '../support/stop-signals.ts'
import { readThrown } from '../support/thrown.ts'

/** By an error's code; any other error is 1. 75 is sysexits.h's EX_TEMPFAIL: try again later. */
const EXIT_CODES: Readonly<Record<string, number>> = { USAGE: 2, JOB_LOCKED: 75 }

/** How long a process that was asked to stop waits for its output to be taken, in ms. */
const STOP_TIMEOUT = 1000

/**
 * Says what went wrong, in one line, and what to do, in another; the stack only with DEBUG=webstir, and for what was
 * not thrown on purpose.
 */
export function reportError(error: unknown): number {
  const isDebug = (process.env.DEBUG ?? '').split(',').includes('webstir')
  const isOurs = error instanceof JobsError
  writeError(`Error: ${redactText(messageOf(error))}\n`)
  if (isOurs && error.hint !== undefined) writeError(`Hint: ${error.hint}\n`)
  const { stack } = readThrown(error)
  if (stack !== null && (isDebug || !isOurs)) writeError(`${redactText(stack)}\n`)
  return (isOurs ? EXIT_CODES[error.code] : undefined) ?? 1
}

/**
 * Runs an entry point and leaves with its exit code. Output that is still on its way is written first. `hasWritten`: other
 * code has run before, which may have used `process.stdout`.
 */
export async function leaveWith(work: () => Promise<number>, hasWritten = false): Promise<never> {
  const flush = watchStandardOutput(hasWritten)
  // In a promise, so that what is thrown at once (wrong options) is explained like the rest.
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
    if (!isUsed) return
    const written = new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
    // A reader that takes nothing must not keep a process that was asked to stop.
    await (isStopping() ? Promise.race([written, sleep(systemClock, STOP_TIMEOUT)]) : written)
  }
}
