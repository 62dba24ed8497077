import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseSchedule, ScheduleError } from '../../runtime/schedule/index.ts'
import { CASES, EXPRESSION, seedOf } from '../support/cron-expressions.ts'
import { dayTest, oracleFires } from './oracle.ts'
import { changeDays, FIRST_DAY, LAST_DAY, ZONES } from './zones.ts'

const HORIZON_DAYS = 75
const COUNT = 5

/** Two thirds of the starts lie within two days before a change of the clock. */
const START = fc
  .tuple(fc.constantFrom(...ZONES), fc.nat(), fc.integer({ min: 0, max: 2 * 86_400 }), fc.nat(2))
  .map(([timezone, pick, back, where]) => {
    const days = changeDays(timezone)
    const day = where === 0 ? undefined : days[pick % Math.max(1, days.length)]
    return { timezone, start: (day ?? FIRST_DAY + (pick % (LAST_DAY - FIRST_DAY))) * 86_400 - back }
  })

/** For runs of millions of cases. */
const TIMEOUT = 3_600_000

it(
  `agrees with the loop of Debian's cron on ${CASES} random schedules, forwards and backwards`,
  () => {
    const seed = seedOf('oracle')
    let compared = 0
    fc.assert(
      fc.property(EXPRESSION, START, fc.nat(), (expression, { timezone, start }, pick) => {
        const schedule = parsed(expression, timezone)
        if (schedule === null) return
        const end = (Math.floor(start / 86_400) + HORIZON_DAYS) * 86_400
        const expected = oracleFires(expression, timezone, start, COUNT, HORIZON_DAYS).filter((fire) => fire < end)
        const fires = schedule.take(expected.length + 1, at(start)).map((date) => date.getTime() / 1000)
        compared += expected.length
        expect(
          fires.slice(0, expected.length),
          `${expression} in ${timezone} after ${at(start).toISOString()}`,
        ).toEqual(expected)
        if (expected.length < COUNT && fires.length > expected.length && (fires.at(-1) ?? 0) < end) {
          throw new Error(
            `${expression} in ${timezone} fires at ${at(fires.at(-1) ?? 0).toISOString()}, and should not`,
          )
        }
        checkBetween(schedule, fires, pick)
      }),
      { numRuns: CASES, seed, endOnFailure: true },
    )
    expect(compared).toBeGreaterThan(CASES)
  },
  TIMEOUT,
)

function parsed(expression: string, timezone: string) {
  try {
    return parseSchedule(expression, { timezone })
  } catch (error) {
    if (!(error instanceof ScheduleError) || error.code !== 'SCHEDULE_IMPOSSIBLE_DATE') throw error
    // Every kind of year is among these.
    const matches = dayTest(expression)
    for (let day = FIRST_DAY; day < FIRST_DAY + 28 * 366; day++) expect(matches(day), expression).toBe(false)
    return null
  }
}

/** Between two fires, `next` is the later and `previous` the earlier, whichever instant one asks from. */
function checkBetween(schedule: ReturnType<typeof parseSchedule>, fires: readonly number[], pick: number): void {
  for (let index = 1; index < fires.length; index++) {
    const [earlier = 0, later = 0] = [fires[index - 1], fires[index]]
    const within = earlier * 1000 + 1 + (pick % ((later - earlier) * 1000 - 1))
    for (const instant of [earlier * 1000, earlier * 1000 + 1, within, later * 1000 - 1]) {
      check('next', schedule.next(new Date(instant)), instant, later)
    }
    for (const instant of [earlier * 1000 + 1, within, later * 1000 - 1, later * 1000]) {
      check('previous', schedule.previous(new Date(instant)), instant, earlier)
    }
  }
}

/** `expect` is too slow for the million comparisons of this test. */
function check(what: string, found: Date | null, instant: number, expected: number): void {
  if (found?.getTime() === expected * 1000) return
  throw new Error(
    `${what} of ${at(instant / 1000).toISOString()} is ${found?.toISOString()}, not ${at(expected).toISOString()}`,
  )
}

const at = (seconds: number): Date => new Date(seconds * 1000)
