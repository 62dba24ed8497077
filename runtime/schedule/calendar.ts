import { zoneOf } from './time-zone.ts'

/**
 * Dates of the proleptic Gregorian calendar as integers: a day is its number from 1970-01-01, a date is packed into
 * one integer so that nothing is allocated on the way to the next fire. The conversions are Howard Hinnant's
 * `days_from_civil` and `civil_from_days`.
 */
export const DAY = 86_400

/** The number of the day, from 1970-01-01 = 0. */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** The date of a day number, packed: see yearOf, monthOf, dayOf. */
export function dateOf(dayNumber: number): number {
  const shifted = dayNumber + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0))
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return year * 512 + month * 32 + day
}

export const yearOf = (date: number): number => date >> 9
export const monthOf = (date: number): number => (date >> 5) & 15
export const dayOf = (date: number): number => date & 31

/** 0 is Sunday. */
export function weekdayOf(dayNumber: number): number {
  return (((dayNumber + 4) % 7) + 7) % 7
}

export function isLeapYear(year: number): boolean {
  return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)
}

export function monthLength(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return 30 + ((month + (month >> 3)) & 1)
}

/** What the clock of a zone shows. */
export interface LocalTime {
  /** `2026-03-29` */
  readonly date: string
  /** `03:00:00` */
  readonly time: string
  /** `+02:00`; with seconds where a zone once had them. */
  readonly offset: string
}

export function localTimeOf(instant: Date, timezone: string): LocalTime {
  const seconds = Math.floor(instant.getTime() / 1000)
  const { offset } = zoneOf(timezone).periodAt(seconds)
  return { date: dateText(seconds + offset), time: timeText(seconds + offset), offset: offsetText(offset) }
}

/** `2026-03-29 03:00:00 +02:00` */
export function formatLocal(instant: Date, timezone: string): string {
  const { date, time, offset } = localTimeOf(instant, timezone)
  return `${date} ${time} ${offset}`
}

/**
 * For people: `2026-12-01 09:00 +01:00` by the clock of the zone, `2026-12-01 08:00 UTC` in UTC; without seconds that
 * are zero. `instant`: ms since the epoch.
 */
export function clockText(instant: number, timezone: string): string {
  const { date, time, offset } = localTimeOf(new Date(instant), timezone)
  return `${date} ${time.replace(/:00$/, '')} ${timezone === 'UTC' ? 'UTC' : offset}`
}

/**
 * The instant, in ms since the epoch, at which the clock of a zone shows a date (`2026-03-29`) and a time (`03:00:00`).
 * Of a time that it shows twice, the first; of one that it skips, as if the clock had not been changed yet.
 */
export function instantOfLocal(date: string, time: string, timezone: string): number {
  const zone = zoneOf(timezone)
  const local = Date.parse(`${date}T${time}Z`)
  const seconds = Math.floor(local / 1000)
  const before = zone.periodAt(seconds - DAY).offset
  const after = zone.periodAt(seconds + DAY).offset
  const isShown = (offset: number): boolean => zone.periodAt(seconds - offset).offset === offset
  const offset = isShown(before) || !isShown(after) ? before : after
  return local - offset * 1000
}

/** The date of a local time, in seconds: `2026-03-29`. */
export function dateText(local: number): string {
  const date = dateOf(Math.floor(local / DAY))
  return `${String(yearOf(date)).padStart(4, '0')}-${two(monthOf(date))}-${two(dayOf(date))}`
}

/** The time of day of a local time, in seconds: `03:00:00`. */
export function timeText(local: number): string {
  const time = local - Math.floor(local / DAY) * DAY
  return `${two(Math.floor(time / 3600))}:${two(Math.floor(time / 60) % 60)}:${two(time % 60)}`
}

/** The same, without seconds that are zero. */
export function shortTimeText(local: number): string {
  const text = timeText(local)
  return text.endsWith(':00') ? text.slice(0, 5) : text
}

function offsetText(offset: number): string {
  const size = Math.abs(offset)
  const text = timeText(size)
  return `${offset < 0 ? '-' : '+'}${size % 60 === 0 ? text.slice(0, 5) : text}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
