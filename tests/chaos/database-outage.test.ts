import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
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
afterAll(async () => {
  await stage?.clear()
  await server.remove()
})

const OUTAGES = Math.ceil(chaosRounds(1) / 10)

it(
  'given two schedulers under load, when PostgreSQL is away for 10 s, then no fire is lost or doubled',
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
