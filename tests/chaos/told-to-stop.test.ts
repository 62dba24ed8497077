import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { faultsOfFires, faultsOfSightings } from '../support/chaos-ledger.ts'
import { chaosRandom, chaosRounds } from '../support/chaos-random.ts'
import { chaosJobs, STALE_AFTER, type Stage, type StoreKind, setStage } from '../support/chaos-stage.ts'

const SCHEDULERS = 2
const GRACES = ['0s', '200ms', '1s']

let stage: Stage | undefined
afterEach(async () => {
  await stage?.clear()
  stage = undefined
})

const STORES: [StoreKind, number][] = [
  ['SQLite', chaosRounds(10)],
  ['PostgreSQL', chaosRounds(4)],
]

describe.each(STORES)(
  'given two schedulers on one %s, of which one or another is told to stop %i times',
  (store, rounds) => {
    it(
      'a scheduler that stopped has left nothing running, and no fire is lost or doubled',
      async () => {
        const random = chaosRandom(`SIGTERM on ${store}`)
        stage = await setStage({
          store,
          jobs: chaosJobs(16, (index) => ({
            overlap: index % 2 === 0 ? 'skip' : 'allow',
            recover: index % 4 === 3 ? 0 : 3,
            work: { work: 'sleep', most: 1500, heeds: index % 3 !== 0 },
          })),
          concurrency: 20,
        })
        const kept = await openStore(stage.url)
        const alive = Array.from({ length: SCHEDULERS }, () => stage?.start(['--grace', random.pick(GRACES)]))
        await sleep(1000)
        const codes: (number | NodeJS.Signals | undefined)[] = []
        const left: string[] = []
        for (let round = 0; round < rounds; round++) {
          const place = random.between(0, SCHEDULERS - 1)
          const stopped = alive[place]
          await stopped?.ready
          await sleep(random.between(0, 900))
          codes.push(await stopped?.strike('SIGTERM'))
          const running = await kept.executions({ statuses: ['RUNNING'], limit: 10_000 })
          left.push(
            ...running
              .filter(({ owner }) => owner.includes(`:${stopped?.pid}:`))
              .map(({ job, owner }) => `${job} of ${owner}`),
          )
          alive[place] = stage.start(['--grace', random.pick(GRACES)])
        }
        await Promise.all(alive.map((scheduler) => scheduler?.ready))
        codes.push(...(await Promise.all(alive.map((scheduler) => scheduler?.strike('SIGTERM')))))
        const running = await kept.executions({ statuses: ['RUNNING'], limit: 10_000 })
        await kept.close()
        const ledger = await stage.ledger()

        expect(left, stage.said()).toEqual([])
        expect(running, stage.said()).toEqual([])
        expect(codes).toEqual(codes.map(() => 0))
        expect(faultsOfFires(ledger)).toEqual([])
        expect(faultsOfSightings(await stage.sightings())).toEqual([])
        const died = ledger.attempts.filter(({ error }) => error?.code === 'PROCESS_DIED')
        expect(died).toEqual([])
      },
      rounds * 5000 + 60_000,
    )
  },
)

describe('given a job that keeps the event loop from turning for twice staleAfter', () => {
  it('the other scheduler does not take it over', async () => {
    stage = await setStage({
      store: 'SQLite',
      jobs: [
        {
          name: 'blocking',
          schedule: 'rate(1 hour)',
          work: { work: 'block', least: 2 * STALE_AFTER, most: 2 * STALE_AFTER },
        },
      ],
    })
    stage.start()
    stage.start()
    await sleep(2 * STALE_AFTER + 2500)
    await Promise.all(stage.schedulers.map((scheduler) => scheduler.strike('SIGTERM')))
    const { executions } = await stage.ledger()

    expect(executions.map(({ status, attempt, recoveries }) => ({ status, attempt, recoveries }))).toEqual([
      { status: 'SUCCESS', attempt: 1, recoveries: 0 },
    ])
    expect((await stage.sightings()).map(({ kind }) => kind)).toEqual(['start', 'end'])
  })
})
