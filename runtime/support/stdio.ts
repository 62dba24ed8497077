import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { Written } from './bounded-output.ts'
import { builtin } from './builtin.ts'

/** How long to wait before a reader that is behind is tried again, in ms. */
const TIMEOUT = 5

/**
 * Writes all of a text to standard output before it returns, so that no exit loses any of it. `process.stdout` is left
 * alone: using it for the first time loads streams and sockets, a tenth of a start (`npm run bench -- startup`). Where
 * the reader went away (`scheduler.js --list | head`), the rest is dropped silently, and false is returned; throws where
 * it can't be written for another reason (ENOSPC and the like).
 */
export function writeOut(text: string): boolean {
  return writeAll(1, text)
}

/** The same for standard error. Never throws: there is nowhere left to report it. */
export function writeError(text: string): boolean {
  try {
    return writeAll(2, text)
  } catch {
    return false
  }
}

/** Whether a person may be at the other end of standard input (0), standard output (1) or standard error (2). */
export function isTerminal(file: 0 | 1 | 2): boolean {
  try {
    // As big integers: Node keeps the last plain numbers, and its `realpathSync` takes those of a pipe for those of a
    // folder on its way, so that modules behind a symbolic link are no longer found.
    return fstatSync(file, { bigint: true }).isCharacterDevice() && builtin('node:tty').isatty(file)
  } catch {
    return false
  }
}

/** Columns of the terminal that standard output is; undefined where it is none. */
export function terminalWidth(): number | undefined {
  return isTerminal(1) ? process.stdout.columns : undefined
}

function writeAll(file: number, text: string): boolean {
  let rest: Uint8Array = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(file, rest))
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EPIPE' || code === 'EOF') return false
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TIMEOUT)
    }
  }
  return true
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Before a socket is made to not block, in bytes: less than any socket takes that nothing was written to. */
const AT_ONCE = 32_768

/**
 * Writes to standard output or standard error what goes at once, and never waits. A pipe or a terminal is opened a second
 * time for that, since how it is opened is shared with other processes. What can't be opened so (a socket; other platforms
 * than Linux) is made to not block by Node's own stream for it, which is slow to make: a process that writes little goes
 * without. Where neither helps (a terminal on macOS, Windows), a write may block as it always did.
 */
export function openUnblocked(file: 1 | 2): (bytes: Uint8Array) => Written {
  let descriptor = reopened(file)
  let before = 0
  return (bytes) => {
    try {
      before += bytes.length
      if (descriptor === undefined && before > AT_ONCE) {
        void (file === 1 ? process.stdout : process.stderr)
        descriptor = file
      }
      return writeSync(descriptor ?? file, bytes)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EAGAIN' || code === 'EINTR') return 'full'
      // What read it went away on purpose (`| head`): nothing is missed.
      return code === 'EPIPE' || code === 'EOF' ? bytes.length : 'failed'
    }
  }
}

/** The descriptor to write to; undefined where Node's stream is needed. */
function reopened(file: 1 | 2): number | undefined {
  try {
    const about = fstatSync(file, { bigint: true })
    if (about.isSocket() || (about.isFIFO() && process.platform !== 'linux')) return undefined
    if (process.platform !== 'linux' || !(about.isFIFO() || about.isCharacterDevice())) return file
  } catch {
    return file
  }
  try {
    return openSync(`/proc/self/fd/${file}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    // Another user's, or /proc is not mounted.
    return undefined
  }
}
