import { inspect } from 'node:util'
import type { ErrorRecord } from '../store/execution.ts'

/** An error's text is kept up to this length, its stack to four times that. */
const LONGEST = 4096

/** Whatever was thrown, in the form in which it is stored. `code` stands in where the error has none of its own. */
export function errorRecord(thrown: unknown, code = 'JOB_FAILED'): ErrorRecord {
  if (thrown instanceof Error) {
    const own = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
    return {
      code: own ?? code,
      message: clip(thrown.message || thrown.name, LONGEST),
      stack: thrown.stack === undefined ? null : clip(withCauses(thrown), LONGEST * 4),
    }
  }
  const text = typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 3 })
  return { code, message: clip(text, LONGEST), stack: null }
}

function withCauses(error: Error): string {
  let text = error.stack ?? ''
  let cause = error.cause
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    text += `\ncaused by ${cause.stack ?? cause.message}`
    cause = cause.cause
  }
  return text
}

function clip(text: string, length: number): string {
  // It may be cut in the middle of a character.
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
}
