import { absoluteTime } from '../../runtime/relative-time.ts'

/** An instant (ms since the epoch) by a zone's clock: `2026-12-01 09:00:00 GMT+1 (Europe/Berlin)`; no zero seconds. */
export function localTime(instant: number, timezone: string): string {
  if (timezone === 'UTC') return absoluteTime(instant)
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  })
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]))
  const seconds = part.second === '00' ? '' : `:${part.second}`
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}${seconds} ${part.timeZoneName} (${timezone})`
}
