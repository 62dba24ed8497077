import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { TestClock } from '../../runtime/testing/test-clock.ts'
import { testDatabase } from '../support/postgres.ts'
import { fireOf, minute, Node, second } from './fixtures.ts'

let database: Awaited<ReturnType<typeof testDatabase>> | undefined

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database?.release()
})

it.each(['skip', 'queue'] as const)(
  'a clock that is minutes ahead takes nothing that runs for dead: overlap %s',
  async (overlap) => {
    // given: two machines, the clock of the second one ten minutes ahead
    const clocks = [new TestClock(Date.now()), new TestClock(Date.now() + 10 * minute)] as const
    const stores = await Promise.all(clocks.map((clock) => openStore(database?.url ?? '', { clock })))
    const [one, two] = stores.map((store, n) => new Node(store, `node-${n + 1}`).at(clocks[n]?.now() ?? 0))
    if (one === undefined || two === undefined) throw new Error('two are needed')
    await one.register()
    await two.register()
    const job = `runs-${overlap}`
    await one.run(job, one.now - second, { overlap })
    // when
    const [claimed] = await two.claim([fireOf(job, one.now, { overlap })])
    // then
    expect(claimed?.outcome).toBe(overlap === 'skip' ? 'skipped' : 'queued')
    await Promise.all(stores.map((store) => store.close()))
  },
)
