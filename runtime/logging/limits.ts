import type { JsonValue } from '../support/json.ts'
import { clip, isError, readThrown } from '../support/thrown.ts'

/** A text in a log line is kept up to this length, in characters. */
const LONGEST_TEXT = 65_536
/** A longer line loses the ends of its texts, in characters. */
const LONGEST_LINE = 262_144
const SHORT_TEXT = 4096
/** What every line has, and what says why the rest is missing. */
const KEPT = new Set(['level', 'time', 'job', 'executionId', 'tenant', 'msg'])

/**
 * What a log method was called with, cut before it is put together: a text of 50 MB would be copied several times. An
 * error comes with its message, since pino itself would read that where it may throw.
 */
export function fitArguments([first, ...rest]: readonly unknown[]): unknown[] {
  const values = rest.map((value) => (typeof value === 'string' ? clip(value, LONGEST_TEXT) : value))
  if (typeof first === 'string') return [clip(first, LONGEST_TEXT), ...values]
  const error = isError(first) ? first : errorIn(first)
  if (error !== undefined && rest.length === 0) values.push('%s', readThrown(error).message)
  return [isError(first) ? { err: first } : withFittedTexts(first), ...values]
}

function errorIn(fields: unknown): Error | undefined {
  const err = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined
  return isError(err) ? err : undefined
}

/** Only the fields at the top: one look at each, and a copy where one is too long. */
function withFittedTexts(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null) return fields
  const long = Object.entries(fields).filter(([, value]) => typeof value === 'string' && value.length > LONGEST_TEXT)
  if (long.length === 0) return fields
  return { ...fields, ...Object.fromEntries(long.map(([key, value]) => [key, clip(String(value), LONGEST_TEXT)])) }
}

/** A line that is still too long, for what is deeper in its fields, with shorter texts, or without its fields. */
export function fitLine(line: string): string {
  if (line.length <= LONGEST_LINE) return line
  const whole = JSON.parse(line) as { readonly [key: string]: JsonValue }
  const shorter = `${JSON.stringify(whole, (_, value) => (typeof value === 'string' ? clip(value, SHORT_TEXT) : value))}\n`
  if (shorter.length <= LONGEST_LINE) return shorter
  const kept = Object.entries(whole).filter(([key]) => KEPT.has(key))
  const cut = `${line.length} characters were too many for a line; its fields were cut`
  return `${JSON.stringify({ ...Object.fromEntries(kept), cut })}\n`
}
