import { parseDuration } from '../../runtime/support/duration.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import type { JsonValue } from '../../runtime/support/json.ts'
import { UsageError } from './errors.ts'
import { readCount } from './option-values.ts'

/** Options of `add-job` that set a policy in the job's entry, as given. */
export interface PolicyOptions {
  /** Attempts in all. */
  readonly retry?: number | undefined
  /** A duration. */
  readonly timeout?: string | undefined
  /** JSON: an array of arguments, or a single one. */
  readonly args?: string | undefined
  readonly overlap?: string | undefined
}

const MOST_ATTEMPTS = 1_000_000

/** The keys that these options write, in the notation of the manifest. Throws UsageError. */
export function policiesOf({ retry, timeout, args, overlap }: PolicyOptions): Readonly<Record<string, JsonValue>> {
  return {
    ...(args === undefined ? {} : { args: [...readArguments(args)] }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(timeout === undefined ? {} : { timeout: checkedDuration('timeout', timeout) }),
    ...(retry === undefined
      ? {}
      : { retry: { attempts: readCount('retry', retry, { byDefault: 1, most: MOST_ATTEMPTS }) } }),
  }
}

/** The value of `--args`: an array of arguments, or a single one. Throws UsageError. */
export function readArguments(text: string): readonly JsonValue[] {
  try {
    const value: JsonValue = JSON.parse(text)
    return Array.isArray(value) ? value : [value]
  } catch (error) {
    throw new UsageError(
      `--args is not valid JSON: ${messageOf(error)}`,
      `write it like --args '["hourly", {"deep": true}]'`,
    )
  }
}

function checkedDuration(option: string, text: string): string {
  const duration = parseDuration(text)
  if (duration !== undefined && duration > 0) return text.trim()
  throw new UsageError(`--${option} "${text}" is not a valid duration`, 'use one such as 30s, 15m or 1h30m')
}
