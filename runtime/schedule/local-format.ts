import { DAY, dateOf, dayOf, monthOf, yearOf } from './civil.ts'
import { zoneOf } from './zone.ts'

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
  const { offset } = zoneOf(timezone).stretchAt(seconds)
  return { date: dateText(seconds + offset), time: timeText(seconds + offset), offset: offsetText(offset) }
}

/** `2026-03-29 03:00:00 +02:00` */
export function formatLocal(instant: Date, timezone: string): string {
  const { date, time, offset } = localTimeOf(instant, timezone)
  return `${date} ${time} ${offset}`
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
