import { describe, expect, it } from 'vitest'
import { type Row, runInTrips, type Script, type Statement } from '../../../runtime/store/transaction-script.ts'

const asked = (sql: string): Statement => ({ sql, parameters: [] })
const blind = (sql: string): Statement => ({ sql, parameters: [], isBlind: true })
const FRAME = { first: [asked('begin')], last: [asked('commit')] }

/** What is sent together, as one text a trip; every trip's rows name its last statement. */
async function tripsOf(steps: () => Script<unknown>, frame?: Parameters<typeof runInTrips>[2]) {
  const trips: string[] = []
  const send = async (statements: readonly Statement[]): Promise<readonly Row[]> => {
    trips.push(statements.map(({ sql }) => sql).join('; '))
    return [{ of: statements.at(-1)?.sql }]
  }
  const result = await runInTrips(steps(), send, frame)
  return { trips, result }
}

describe('a script in trips to the database', () => {
  it('begins with its first statement, and commits with those whose rows it does not look at', async () => {
    const { trips, result } = await tripsOf(function* () {
      const rows = yield asked('select 1')
      yield blind('insert 1')
      yield blind('insert 2')
      return rows
    }, FRAME)
    expect(trips).toEqual(['begin; select 1', 'insert 1; insert 2; commit'])
    expect(result).toEqual([{ of: 'select 1' }])
  })

  it('sends what is blind before what comes after it, and in one order', async () => {
    const { trips, result } = await tripsOf(function* () {
      yield blind('update')
      const rows = yield asked('select')
      return rows
    }, FRAME)
    expect(trips).toEqual(['begin; update; select', 'commit'])
    expect(result).toEqual([{ of: 'select' }])
  })

  it('makes no trip for a script that asks for nothing', async () => {
    // biome-ignore lint/correctness/useYield: what asks for nothing yields nothing
    const nothing = function* (): Script<number> {
      return 1
    }
    expect(await tripsOf(nothing, FRAME)).toEqual({ trips: [], result: 1 })
    expect(await tripsOf(nothing)).toEqual({ trips: [], result: 1 })
  })

  it('leaves nothing unsent without a transaction', async () => {
    const { trips } = await tripsOf(function* () {
      yield blind('update')
      return null
    })
    expect(trips).toEqual(['update'])
  })
})
