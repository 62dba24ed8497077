import { formatLocal, parseSchedule } from '../../../runtime/schedule/index.ts'

/** The next fires as the zone's clock shows them, `2026-03-29 03:00 +02:00`: what a table in a test is made of. */
export function localFires(expression: string, timezone: string, after: string, count: number): string[] {
  return parseSchedule(expression, { timezone })
    .take(count, new Date(after))
    .map((fire) => formatLocal(fire, timezone).replace(/:00 (?=[+-])/, ' '))
}

/** The next fires in UTC, `2026-01-01 09:00`. */
export function utcFires(expression: string, after: string, count: number): string[] {
  return localFires(expression, 'UTC', after, count).map((fire) => fire.replace(' +00:00', ''))
}
