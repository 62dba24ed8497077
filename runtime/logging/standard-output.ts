import { BoundedOutput } from '../support/bounded-output.ts'
import { systemClock } from '../support/clock.ts'
import { openUnblocked } from '../support/stdio.ts'

/** What may wait for a reader that is behind, in bytes. */
const LIMIT = 4 * 1024 * 1024
/** At the exit of the process, a reader that takes nothing for this long is given up, in ms. */
const EXIT_TIMEOUT = 500

let output: BoundedOutput | undefined
let format = (line: string): string => line

/**
 * The process's log on standard output, one however often it is opened: it never makes the process wait for its
 * reader. `prettify`: how a line is written there.
 */
export function standardOutput(prettify: (line: string) => string): { write(line: string): void } {
  format = prettify
  const lines = openOutput()
  return { write: (line) => lines.write(prettify(line)) }
}

/** Resolves when all lines are written, or when the reader has taken nothing for `timeout` ms. */
export async function logWritten(timeout: number): Promise<void> {
  await output?.drained(timeout)
}

function openOutput(): BoundedOutput {
  if (output !== undefined) return output
  const opened = new BoundedOutput({ write: openUnblocked(1), droppedNote, clock: systemClock, limit: LIMIT })
  output = opened
  process.on('exit', () => {
    opened.drainAtExit(EXIT_TIMEOUT)
    const lost = opened.waiting + opened.dropped
    if (lost > 0) openUnblocked(2)(Buffer.from(`${counted(lost)} lost: standard output was not read\n`))
  })
  return opened
}

function droppedNote(count: number): string {
  const line = {
    level: 'warn',
    time: new Date(systemClock.now()).toISOString(),
    dropped: count,
    msg: `${counted(count)} dropped: standard output was not read, or not fast enough`,
  }
  return format(`${JSON.stringify(line)}\n`)
}

const counted = (count: number): string => (count === 1 ? '1 log line was' : `${count} log lines were`)
