import { absoluteTime } from '../../runtime/relative-time.ts'
import { localTimeOf } from '../../runtime/schedule/index.ts'

/** An instant (ms since the epoch) by a zone's clock: `2026-12-01 09:00 +01:00 (Europe/Berlin)`; no zero seconds. */
export function localTime(instant: number, timezone: string): string {
  if (timezone === 'UTC') return absoluteTime(instant)
  const { date, time, offset } = localTimeOf(new Date(instant), timezone)
  return `${date} ${time.replace(/:00$/, '')} ${offset} (${timezone})`
}
