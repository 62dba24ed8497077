import { instantOfLocal, isTimezone, localTimeOf, suggestTimezone } from '../../runtime/schedule/index.ts'
import { parseDuration } from '../../runtime/support/duration.ts'
import { CommandError, UsageError } from './errors.ts'

/** The value of an option that counts something: a whole number within the range, or `byDefault`. Throws UsageError. */
export function readCount(
  option: string,
  value: number | undefined,
  { byDefault, least = 1, most }: { byDefault: number; least?: number; most: number },
): number {
  if (value === undefined) return byDefault
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new UsageError(`--${option} ${value} is out of range`, `use a whole number from ${least} to ${most}`)
}

/**
 * The zone in which a command reads and shows times: `--timezone`, or the workspace's. Throws CommandError where it is
 * not a time zone.
 */
export function readTimezone(given: string | undefined, byDefault: string): string {
  if (given === undefined) return byDefault
  return checkTimezone(given, '--timezone')
}

/** `zone`, where it is the name of one. `place`: where it was written. Throws CommandError. */
export function checkTimezone(zone: string, place: string): string {
  if (zone === 'UTC' || isTimezone(zone)) return zone
  const near = suggestTimezone(zone)
  throw new CommandError('TIMEZONE', `${place}: "${zone}" is not a time zone`, {
    hint: near === undefined ? 'use an IANA name such as Europe/Berlin, or UTC' : `did you mean ${near}?`,
  })
}

/** A date, or a date and a time, with or without an offset; ISO 8601 with a space allowed for the T. */
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i

/** Days by name, and how far they lie from today. */
const DAYS: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 }
const DAY = 86_400_000

export interface InstantOptions {
  /** ms since the epoch. */
  readonly now: number
  /** Where a duration leads to. */
  readonly direction: 'ago' | 'ahead'
  /** The zone whose clock a time without an offset is read by. */
  readonly timezone: string
}

/**
 * The instant, in ms since the epoch, that an option's value means: ISO 8601, by the clock of the zone where it has no
 * offset; `yesterday`, `today` or `tomorrow`, which begin at midnight there; `now`; or a duration such as `2h` or `7d`.
 * Throws UsageError.
 */
export function readInstant(option: string, value: string, { now, direction, timezone }: InstantOptions): number {
  const text = value.trim()
  if (text === 'now') return now
  const duration = parseDuration(text)
  if (duration !== undefined) return direction === 'ago' ? now - duration : now + duration
  const day = dayOf(text, now, timezone)
  if (day !== null) return instantOfLocal(day, '00:00', timezone)
  const [, date, time = '00:00', offset] = ISO.exec(text) ?? []
  if (date !== undefined && isRealDate(date) && isRealTime(time)) {
    return offset === undefined
      ? instantOfLocal(date, time, timezone)
      : Date.parse(`${date}T${time}${offset.toUpperCase()}`)
  }
  const example = direction === 'ago' ? 'ago' : 'from now'
  throw new UsageError(
    `--${option} "${value}" is not a time`,
    `use ISO 8601, such as 2026-12-01T09:00:00Z; yesterday, today or tomorrow; or a duration ${example}, such as 2h or 7d`,
  )
}

/** The instant at which a day that an option names is over; undefined where its value is not a whole day. */
export function endOfDay(value: string, { now, timezone }: InstantOptions): number | undefined {
  const day = dayOf(value.trim(), now, timezone)
  return day === null ? undefined : instantOfLocal(shifted(day, 1), '00:00', timezone)
}

/** The date of a day that is named by its date or by a word; null for anything else. */
function dayOf(text: string, now: number, timezone: string): string | null {
  const distance = DAYS[text.toLowerCase()]
  if (distance !== undefined) return shifted(localTimeOf(new Date(now), timezone).date, distance)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isRealDate(text) ? text : null
}

const shifted = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10)

/** Date.parse takes the 31st of every month for some day. */
function isRealDate(date: string): boolean {
  const instant = Date.parse(`${date}T00:00Z`)
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(date)
}

const isRealTime = (time: string): boolean => !Number.isNaN(Date.parse(`2026-01-01T${time}Z`))
