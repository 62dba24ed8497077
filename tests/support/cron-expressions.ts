import fc from 'fast-check'

/*
 * Random cron expressions that can be read. Many are sparse and many run at night, where daylight saving happens.
 */
function item(min: number, max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min, max })
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: Math.max(3, Math.ceil(max / 2)) })
  return fc.oneof(
    { weight: 6, arbitrary: value.map(String) },
    { weight: 2, arbitrary: range },
    { weight: 1, arbitrary: fc.tuple(range, step).map(([r, n]) => `${r}/${n}`) },
    { weight: 1, arbitrary: fc.tuple(value, step).map(([v, n]) => `${v}/${n}`) },
    { weight: 1, arbitrary: step.map((n) => `*/${n}`) },
  )
}

function field(items: fc.Arbitrary<string>, stars: number, step = 2): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: stars, arbitrary: fc.constantFrom('*', '*', '*', `*/${step}`) },
    { weight: 10, arbitrary: fc.array(items, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')) },
  )
}

const NAMED_DAY = fc.constantFrom('SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', '0', '1', '5', '6', '7')
const DAY_OF_MONTH = fc.oneof(
  { weight: 12, arbitrary: item(1, 31) },
  { weight: 1, arbitrary: fc.constantFrom('L', 'LW', 'L-1', 'L-3', 'L-28') },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 31 }).map((day) => `${day}W`) },
)
const DAY_OF_WEEK = fc.oneof(
  { weight: 8, arbitrary: item(0, 7) },
  { weight: 3, arbitrary: NAMED_DAY },
  { weight: 1, arbitrary: fc.constantFrom('MON-FRI', 'TUE-SAT', '5-7') },
  { weight: 1, arbitrary: NAMED_DAY.map((day) => `${day}L`) },
  { weight: 1, arbitrary: fc.tuple(NAMED_DAY, fc.integer({ min: 1, max: 5 })).map(([day, nth]) => `${day}#${nth}`) },
)
const MONTH = fc.oneof(
  { weight: 6, arbitrary: item(1, 12) },
  { weight: 1, arbitrary: fc.constantFrom('MAR', 'OCT', 'MAR-APR', 'SEP-NOV') },
)

const FIVE = fc
  .tuple(
    field(item(0, 59), 4, 15),
    fc.oneof(field(item(0, 4), 4), field(item(0, 23), 4)),
    field(DAY_OF_MONTH, 20),
    field(MONTH, 30, 3),
    field(DAY_OF_WEEK, 20),
  )
  .map((fields) => fields.join(' '))

/** Five fields mostly, six now and then. */
export const EXPRESSION: fc.Arbitrary<string> = fc.oneof(
  { weight: 9, arbitrary: FIVE },
  { weight: 1, arbitrary: fc.tuple(field(item(0, 59), 1, 20), FIVE).map(([second, rest]) => `${second} ${rest}`) },
)

/** How often to try: SCHEDULE_CASES in the environment overrides what `npm test` does. */
export const CASES = Number(process.env.SCHEDULE_CASES ?? 20_000)

/** The seed of a run, printed so that it can be repeated with SCHEDULE_SEED. */
export function seedOf(name: string): number {
  const seed = Number(process.env.SCHEDULE_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`${name}: SCHEDULE_SEED=${seed}`)
  return seed
}
