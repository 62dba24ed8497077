import { expect, it } from 'vitest'
import { parseSchedule, ScheduleError } from '../../runtime/schedule/index.ts'
import { seedOf } from '../support/cron-expressions.ts'

const CASES = Number(process.env.SCHEDULE_FUZZ ?? 200_000)

const SEEDS = [
  '0 0 * * *',
  '*/15 9-17 * JAN-MAR MON-FRI',
  '0 0 L-3,15W,LW * 5L,MON#2',
  '0 0 0 1 1 * 2026-2030/2',
  '@daily',
  '@reboot',
  'cron(0 12 ? * 2-6 *)',
  'rate(5 minutes)',
  'at(2026-12-01T09:00:00+02:00)',
]
const PIECES = [
  ...'0123456789*,-/#?LWlw@()TZ:+. \t\n',
  ' ',
  '99',
  '31',
  'MON',
  'jan',
  'L-',
  '__proto__',
  'constructor',
  '٣',
  '\u00a0',
  '💥',
  '\0',
]

/** mulberry32 */
function randomOf(seed: number): (below: number) => number {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

it(`${CASES} random and mutated texts are read or refused with a ScheduleError, and nothing else`, () => {
  const random = randomOf(seedOf('fuzz'))
  const piece = (): string => PIECES[random(PIECES.length)] ?? ''
  const after = new Date('2026-01-01T00:00:00Z')
  let read = 0
  let refused = 0
  for (let count = 0; count < CASES; count++) {
    let text = random(4) === 0 ? '' : (SEEDS[random(SEEDS.length)] ?? '')
    const changes = text === '' ? random(30) : 1 + random(3)
    for (let change = 0; change < changes; change++) {
      const at = random(text.length + 1)
      text = text.slice(0, at) + (random(3) === 0 ? '' : piece()) + text.slice(at + random(3))
    }
    try {
      const schedule = parseSchedule(text)
      const fire = schedule.next(after)
      if (
        fire !== null &&
        (fire <= after || schedule.next(new Date(fire.getTime() - 1))?.getTime() !== fire.getTime())
      ) {
        throw new Error(`${JSON.stringify(text)} fires at ${fire.toISOString()}, in disorder`)
      }
      if (schedule.describe() === '') throw new Error(`${JSON.stringify(text)} is described by nothing`)
      read++
    } catch (error) {
      const isGood = error instanceof ScheduleError && error.message !== '' && error.hint !== undefined
      const isInside =
        isGood && (error.position === undefined || (error.position >= 0 && error.position <= text.length))
      if (!isInside) throw new Error(`${JSON.stringify(text)} ends in ${String(error)}`, { cause: error })
      refused++
    }
  }
  expect(read).toBeGreaterThan(CASES / 50)
  expect(refused).toBeGreaterThan(CASES / 5)
}, 3_600_000)
