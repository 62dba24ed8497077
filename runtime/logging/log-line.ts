import type { JsonValue } from '../support/json.ts'
import type { Level } from './logger.ts'

/** One line of an execution's log, redacted before it got here. */
export interface LogLine {
  /** ms since the epoch. */
  readonly at: number
  readonly level: Level
  readonly message: string
  /** Further fields, as JSON. */
  readonly data: { readonly [key: string]: JsonValue } | null
}

/** Reads one of pino's lines back into the form that the store keeps, without the fields every line carries. */
export function readLogLine(json: string, prefix: string): LogLine | null {
  let line: { [key: string]: JsonValue }
  try {
    line = JSON.parse(json) as { [key: string]: JsonValue }
  } catch {
    return null
  }
  const { level, time, msg, job: _job, executionId: _executionId, ...data } = line
  const text = typeof msg === 'string' ? msg : ''
  return {
    at: Date.parse(String(time)),
    level: level as Level,
    message: text.startsWith(prefix) ? text.slice(prefix.length) : text,
    data: Object.keys(data).length === 0 ? null : data,
  }
}
