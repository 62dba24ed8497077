import { fstatSync, writeSync } from 'node:fs'
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

/** The same for standard error. Never throws: there is nobody left to tell. */
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
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPIPE' || code === 'EOF') return false
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TIMEOUT)
    }
  }
  return true
}
