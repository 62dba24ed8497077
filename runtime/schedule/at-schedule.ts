import { DAY, dayNumber, monthLength } from './calendar.ts'
import { ScheduleError } from './errors.ts'
import { BaseSchedule } from './schedule.ts'
import { MAX_SHIFT, type Zone } from './time-zone.ts'

/** Fires once. */
export class AtSchedule extends BaseSchedule {
  readonly kind = 'at'
  readonly zone: Zone
  /** Milliseconds since the Unix epoch. */
  readonly instant: number
  /** The date and time as written, `2026-12-01 09:00:00`. */
  readonly local: string
  /** The same in seconds of the zone's clock; NaN where it was written with an offset. */
  readonly localTime: number

  constructor(expression: string, zone: Zone, instant: number, local: string, localTime: number) {
    super(expression)
    this.zone = zone
    this.instant = instant
    this.local = local
    this.localTime = localTime
  }

  get timezone(): string {
    return this.zone.name
  }

  describe(): string {
    return `once, at ${this.local}${this.timezone === 'UTC' || Number.isNaN(this.localTime) ? '' : ` (${this.timezone})`}`
  }

  protected nextTime(after: number): number | null {
    return after < this.instant ? this.instant : null
  }

  protected previousTime(before: number): number | null {
    return before > this.instant ? this.instant : null
  }
}

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?$/i

/**
 * Reads what is between the parentheses of `at(...)`: a local time of the zone, or one with its own offset. A time
 * that the zone's clock skips means the end of the gap, one that it shows twice means the first time.
 */
export function readAt(expression: string, body: string, position: number, zone: Zone): AtSchedule {
  const text = body.trim()
  const match = FORM.exec(text)
  const fail = (
    message: string,
    hint: string,
    code: 'SCHEDULE_AT' | 'SCHEDULE_IMPOSSIBLE_DATE' = 'SCHEDULE_AT',
  ): never => {
    throw new ScheduleError(code, message, { hint, position: position + body.length - body.trimStart().length })
  }
  if (match === null) {
    fail(
      `at(${text}) is not a date and time`,
      'write at(2026-12-01T09:00:00), a local time, or the same with Z or +02:00 behind it',
    )
  }
  const [, year, month, day, hour, minute, second] = (match ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined || hour === undefined || minute === undefined) {
    return fail(`at(${text}) is not a date and time`, 'write at(2026-12-01T09:00:00)')
  }
  const seconds = second === undefined || Number.isNaN(second) ? 0 : second
  if (month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) {
    fail(
      `at(${text}): there is no such date`,
      `${text.slice(0, 7)} has no day ${text.slice(8, 10)}`,
      'SCHEDULE_IMPOSSIBLE_DATE',
    )
  }
  if (hour > 23 || minute > 59 || seconds > 59)
    fail(`at(${text}): there is no such time`, 'use a time from 00:00:00 to 23:59:59')
  const local = dayNumber(year, month, day) * DAY + hour * 3600 + minute * 60 + seconds
  const suffix = match?.[7]?.toUpperCase() ?? ''
  const written = `${text.slice(0, 10)} ${text.slice(11, 16)}:${String(seconds).padStart(2, '0')}${suffix}`
  const instant = suffix === '' ? firstInstantAt(zone, local) : local - offsetOf(suffix)
  return new AtSchedule(expression, zone, instant * 1000, written, suffix === '' ? local : Number.NaN)
}

function offsetOf(suffix: string): number {
  if (suffix === 'Z') return 0
  const size = Number(suffix.slice(1, 3)) * 3600 + Number(suffix.slice(4, 6)) * 60
  return suffix.startsWith('-') ? -size : size
}

/** The first instant at which the zone's clock has come to a local time. */
function firstInstantAt(zone: Zone, local: number): number {
  for (let instant = local - MAX_SHIFT; ; ) {
    const { start, end, offset } = zone.periodAt(instant)
    const fire = Math.max(local - offset, start)
    if (fire < end) return fire
    instant = end
  }
}
