import { parseDuration } from '../../runtime/support/duration.ts'
import { UsageError } from './errors.ts'

/** The value of an option that counts something: a whole number within the range, or `byDefault`. Throws UsageError. */
export function readCount(
  option: string,
  value: number | undefined,
  { byDefault, least = 1, most }: { byDefault: number; least?: number; most: number },
): number {
  if (value === undefined) return byDefault
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new UsageError(`--${option} ${value} won't do`, `use a whole number from ${least} to ${most}`)
}

/** A date, or a date and a time, with or without an offset; ISO 8601 with a space allowed for the T. */
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i

/**
 * The instant, in ms since the epoch, that an option's value means: ISO 8601, in UTC where it has no offset, or a
 * duration such as `2h` or `7d`, which lies that far from `now` in the direction given. Throws UsageError.
 */
export function readInstant(option: string, value: string, now: number, direction: 'ago' | 'ahead'): number {
  const text = value.trim()
  if (text === 'now') return now
  const duration = parseDuration(text)
  if (duration !== undefined) return direction === 'ago' ? now - duration : now + duration
  const [, date, time = '00:00', offset = 'Z'] = ISO.exec(text) ?? []
  const instant = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${offset.toUpperCase()}`)
  if (!Number.isNaN(instant) && isRealDate(date ?? '')) return instant
  const example = direction === 'ago' ? 'that long ago' : 'from now'
  throw new UsageError(
    `--${option} "${value}" is no time`,
    `use ISO 8601, such as 2026-12-01T09:00:00Z, or a duration such as 2h or 7d ${example}`,
  )
}

/** Date.parse takes the 31st of every month for some day. */
function isRealDate(date: string): boolean {
  const instant = Date.parse(`${date}T00:00Z`)
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(date)
}
