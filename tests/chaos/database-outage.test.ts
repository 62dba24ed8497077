import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { faultsOfFires, faultsOfOverlap, faultsOfSightings } from '../support/chaos-ledger.ts'
import { chaosRounds } from '../support/chaos-random.ts'
import { chaosJobs, type Stage, setStage } from '../support/chaos-stage.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

const SCHEDULERS = 2
const JOBS = 30
/** How long the database is away: three times `staleAfter`, ms. */
const OUTAGE = 10_000

let server: PostgresServer
let stage: Stage | undefined
beforeAll(async () => {
  server = await startPostgres({ flags: ['-c', 'fsync=off'] })
})
afterEach(async () => {
  await stage?.clear()
})
afterAll(async () => {
  await server.remove()
})

const OUTAGES = Math.ceil(chaosRounds(1) / 10)

it(
  'given two schedulers under load, when PostgreSQL is away for 10 s, then no fire is lost or doubled, and each says it once',
  async () => {
    stage = await setStage({
      store: 'PostgreSQL',
      url: await server.database(),
      jobs: chaosJobs(JOBS, (index) => ({
        overlap: index % 2 === 0 ? 'skip' : 'allow',
        work: { work: 'sleep', most: 1500 },
      })),
      concurrency: 60,
    })
    for (let count = 0; count < SCHEDULERS; count++) stage.start()
    await Promise.all(stage.schedulers.map(({ ready }) => ready))
    for (let count = 0; count < OUTAGES; count++) {
      await sleep(2500)
      await server.stop()
      await sleep(OUTAGE)
      await server.start()
      await sleep(6000)
    }
    const end = Date.now()
    const codes = await Promise.all(stage.schedulers.map((scheduler) => scheduler.strike('SIGTERM')))
    const ledger = await stage.ledger()
    const sightings = await stage.sightings()

    expect(codes, stage.said()).toEqual([0, 0])
    for (const { said } of stage.schedulers) {
      const lines = said.split('\n').filter((line) => line !== '')
      expect(lines, said).toHaveLength(OUTAGES)
      expect(lines[0]).toContain('the store is away')
    }
    const late = ledger.lines.filter(({ watermark }) => watermark < end - 4000).map(({ job }) => job.name)
    expect(late, stage.said()).toEqual([])
    expect(faultsOfFires(ledger)).toEqual([])
    expect(faultsOfSightings(sightings)).toEqual([])
    const isExclusive = (job: string): boolean => Number(job.slice(-1)) % 2 === 0
    expect(faultsOfOverlap(sightings, isExclusive, ({ at }) => at)).toEqual([])
    // Nobody died: a node that could not beat while the database was away is not taken for dead.
    expect(ledger.attempts.filter(({ error }) => error?.code === 'PROCESS_DIED')).toEqual([])
    const open = ledger.executions.filter(({ status }) => !['SUCCESS', 'SKIPPED', 'QUEUED'].includes(status))
    expect(open).toEqual([])
    const ran = ledger.executions.filter(({ status }) => status === 'SUCCESS').length
    console.log(`chaos: ${OUTAGES} outages, ${ran} ran, ${ledger.executions.length - ran} others`)
  },
  OUTAGES * 30_000 + 60_000,
)

it('given PostgreSQL that is away when a scheduler starts, then it waits, says so once, and watches when it is back', async () => {
  // given
  stage = await setStage({
    store: 'PostgreSQL',
    url: await server.database(),
    jobs: chaosJobs(1, () => ({ work: { work: 'none' } })),
  })
  await server.stop()
  // when
  const [waiting, impatient] = [stage.start(), stage.start()]
  await sleep(4000)
  // then: both are there still, and one that is stopped goes without having begun
  expect([waiting.isAlive, impatient.isAlive], stage.said()).toEqual([true, true])
  expect(await impatient.strike('SIGTERM'), stage.said()).toBe(0)
  // when
  await server.start()
  await waiting.ready
  await sleep(3000)
  // then
  expect(waiting.isWatching, stage.said()).toBe(true)
  expect(await waiting.strike('SIGTERM')).toBe(0)
  const lines = waiting.said.split('\n').filter((line) => line !== '')
  expect(lines, waiting.said).toHaveLength(1)
  expect(lines[0]).toContain('the store is away')
  const { executions } = await stage.ledger()
  expect(executions.filter(({ status }) => status === 'SUCCESS').length).toBeGreaterThan(0)
}, 60_000)
