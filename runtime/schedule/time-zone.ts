import { nearest } from '../support/suggest.ts'
import { ScheduleError } from './errors.ts'

/*
 * A zone as periods of time in which its offset from UTC stays the same. They are found once, by asking Intl and
 * bisecting, and only around the instants that are needed; after that all is integer arithmetic. Times are in
 * seconds: UTC ones are called instants, those of the zone's clock are called local.
 */

/** A period [start, end) with one offset. */
export interface OffsetPeriod {
  readonly start: number
  readonly end: number
  /** Local time minus UTC. */
  readonly offset: number
  /**
   * The local time up to which a job at fixed times has run when the period begins (cron's "virtual time"). After a
   * gap it lies before the local time of `start`, by the length of the gap; after a repetition it lies behind it.
   */
  readonly reached: number
}

export interface Zone {
  readonly name: string
  periodAt(instant: number): OffsetPeriod
}

/** Changes of three hours and more are corrections of the clock: nothing is smoothed over. cron(8). */
export const CORRECTION = 3 * 3600

/** Every UTC offset lies within this of every other. */
export const MAX_SHIFT = 27 * 3600

/** Twelve days: short enough that no zone since 1970 changes away and back within one. A power of two. */
const CHUNK = 2 ** 20

export const UTC: Zone = {
  name: 'UTC',
  periodAt: () => ALWAYS,
}
const ALWAYS: OffsetPeriod = {
  start: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
  offset: 0,
  reached: Number.NEGATIVE_INFINITY,
}

const zones = new Map<string, Zone>()

/** The zone of an IANA name, in any case. UTC never costs a look at Intl. */
export function zoneOf(name: string): Zone {
  if (name === 'UTC') return UTC
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = openZone(name)
    zones.set(name, zone)
  }
  return zone
}

export function isTimezone(name: string): boolean {
  try {
    zoneOf(name)
    return true
  } catch (error) {
    if (error instanceof ScheduleError) return false
    throw error
  }
}

/** The known zone nearest to a name that is not one. */
export function suggestTimezone(name: string): string | undefined {
  const known = Intl.supportedValuesOf('timeZone')
  const wanted = name.trim().toLowerCase().replaceAll(' ', '_')
  return known.find((zone) => zone.toLowerCase().endsWith(`/${wanted}`)) ?? nearest(name.trim(), ['UTC', ...known])
}

function openZone(name: string): Zone {
  // Plain JavaScript may hand over anything.
  if (typeof name !== 'string') {
    throw new ScheduleError('SCHEDULE_UNKNOWN_TIMEZONE', `the time zone is ${JSON.stringify(name)}, not a string`, {
      hint: 'use an IANA name such as Europe/Berlin, or UTC',
    })
  }
  const upper = name.toUpperCase()
  if (upper === 'UTC' || upper === 'ETC/UTC' || upper === 'GMT' || upper === 'ETC/GMT') return { ...UTC, name }
  // Node 24 would take "+02:00" where Node 20 does not: what is valid must not depend on the version.
  if (/^[A-Za-z]/.test(name)) {
    try {
      return new NamedZone(name, new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  const suggestion = suggestTimezone(name)
  throw new ScheduleError('SCHEDULE_UNKNOWN_TIMEZONE', `unknown time zone ${JSON.stringify(name)}`, {
    hint: suggestion ? `did you mean ${suggestion}?` : 'use an IANA name such as Europe/Berlin, or UTC',
  })
}

class NamedZone implements Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #chunks = new Map<number, readonly OffsetPeriod[]>()
  #latest: OffsetPeriod = { start: 0, end: 0, offset: 0, reached: 0 }

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.#format = format
  }

  periodAt(instant: number): OffsetPeriod {
    const latest = this.#latest
    if (instant >= latest.start && instant < latest.end) return latest
    const number = Math.floor(instant / CHUNK)
    let chunk = this.#chunks.get(number)
    if (chunk === undefined) {
      chunk = this.#explore(number * CHUNK, (number + 1) * CHUNK)
      this.#chunks.set(number, chunk)
    }
    for (const period of chunk) {
      if (instant >= period.end) continue
      this.#latest = period
      return period
    }
    throw new RangeError(`no offset of ${this.name} at ${instant}`)
  }

  #explore(start: number, end: number): OffsetPeriod[] {
    const periods: OffsetPeriod[] = []
    // A little before the start, where a repetition may have begun that is still going on.
    let instant = start - CORRECTION - 3600
    let offset = this.#offsetAt(instant)
    let reached = instant + offset
    const last = this.#offsetAt(end - 1)
    const begin = (next: number): void => {
      if (next > start) periods.push({ start: Math.max(instant, start), end: next, offset, reached })
      instant = next
    }
    for (const [upTo, target] of [
      [start, this.#offsetAt(start)],
      [end - 1, last],
    ] as const) {
      while (offset !== target) {
        const change = this.#changeIn(instant, upTo, offset)
        const changed = this.#offsetAt(change)
        begin(change)
        reached = Math.abs(changed - offset) < CORRECTION ? Math.max(change + offset, reached) : change + changed
        offset = changed
      }
      if (instant < start) {
        instant = start
        reached = Math.max(start + offset, reached)
      }
    }
    begin(end)
    return periods
  }

  /** The first instant after `from`, up to `to`, at which the offset is another one. */
  #changeIn(from: number, to: number, offset: number): number {
    let same = from
    let other = to
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2)
      if (this.#offsetAt(middle) === offset) same = middle
      else other = middle
    }
    return other
  }

  /** Intl writes "1/1/2026, GMT+05:45", with seconds where a zone had them, and "GMT" alone for none. */
  #offsetAt(instant: number): number {
    const text = this.#format.format(instant * 1000)
    const at = text.lastIndexOf('GMT') + 3
    if (at === text.length) return 0
    const [hours = '0', minutes = '0', seconds = '0'] = text.slice(at + 1).split(':')
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    return text[at] === '+' ? size : -size
  }
}
