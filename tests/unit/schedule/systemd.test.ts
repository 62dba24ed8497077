import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { parseSchedule } from '../../../runtime/schedule/index.ts'

/*
 * systemd's calendar events as a further witness: for the forms that both know, and away from changes of the clock, where
 * systemd has rules of its own. https://www.freedesktop.org/software/systemd/man/systemd.time.html
 */
const PAIRS = [
  ['0 0 * * *', '*-*-* 00:00:00'],
  ['*/15 * * * *', '*-*-* *:00/15:00'],
  ['30 9 * * 1-5', 'Mon..Fri *-*-* 09:30:00'],
  ['0 0 1 1 *', '*-01-01 00:00:00'],
  ['0 12 1,15 * *', '*-*-01,15 12:00:00'],
  ['0 0 29 2 *', '*-02-29 00:00:00'],
  ['0 4-8/2 * 3,9 *', '*-03,09-* 04..08/2:00:00'],
  ['0 0 L * *', '*-*~01 00:00:00'],
  ['0 0 L-3 * *', '*-*~04 00:00:00'],
  ['0 0 * * SAT,SUN', 'Sat,Sun *-*-* 00:00:00'],
  ['*/10 5 6 * * *', '*-*-* 06:05:00/10'],
  ['0 0 0 1 7 * 2030', '2030-07-01 00:00:00'],
] as const

const BASE = '2026-01-15 10:20:30'

function witness(event: string, count: number): string[] {
  const text = execFileSync(
    'systemd-analyze',
    ['calendar', `--base-time=${BASE} UTC`, `--iterations=${count}`, event],
    {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  return [...text.matchAll(/(?:elapse|Iteration #\d+|Iter\. #\d+): \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC/g)].map(
    (match) => match[1] ?? '',
  )
}

function reasonToSkip(): string | null {
  try {
    return witness('*-*-* 00:00:00', 2).length === 2
      ? null
      : 'systemd-analyze does not know --iterations and --base-time'
  } catch (error) {
    return `systemd-analyze does not run here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
}

const reason = reasonToSkip()

if (reason !== null) console.log(`systemd is no witness: ${reason}`)

it.skipIf(reason !== null).each(PAIRS)('%s is "%s" to systemd', (expression, event) => {
  const expected = witness(event, 10)
  const fires = parseSchedule(expression).take(expected.length, new Date(`${BASE.replace(' ', 'T')}Z`))
  expect(expected.length).toBeGreaterThan(0)
  expect(fires.map((fire) => fire.toISOString().slice(0, 19).replace('T', ' '))).toEqual(expected)
})
