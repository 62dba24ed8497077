import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { faultsOfFires, faultsOfOverlap, faultsOfSightings } from '../support/chaos-ledger.ts'
import { chaosTime } from '../support/chaos-random.ts'
import { chaosJobs, type Stage, type StoreKind, setStage } from '../support/chaos-stage.ts'

const SCHEDULERS = 4
const JOBS = 200

let stage: Stage | undefined
afterEach(async () => {
  await stage?.clear()
  stage = undefined
})

describe.each<StoreKind>(['SQLite', 'PostgreSQL'])(
  'given four schedulers on one %s, 200 jobs, each due every second',
  (store) => {
    it(
      'every fire has exactly one execution, and no job runs beside itself unless it may',
      async () => {
        const isExclusive = (job: string): boolean => Number(job.slice(-1)) % 2 === 0
        stage = await setStage({
          store,
          jobs: chaosJobs(JOBS, (index) => ({
            overlap: index % 2 === 0 ? 'skip' : 'allow',
            work: { work: index % 4 < 2 ? 'none' : 'sleep', most: 30 },
          })),
        })
        for (let count = 0; count < SCHEDULERS; count++) stage.start()
        await Promise.all(stage.schedulers.map(({ ready }) => ready))
        await sleep(chaosTime(7000))
        const codes = await Promise.all(stage.schedulers.map((scheduler) => scheduler.strike('SIGTERM')))
        const { executions, ...ledger } = await stage.ledger()
        const sightings = await stage.sightings()

        expect(codes, stage.said()).toEqual(Array(SCHEDULERS).fill(0))
        expect(faultsOfFires({ executions, ...ledger })).toEqual([])
        expect(faultsOfSightings(sightings)).toEqual([])
        expect(faultsOfOverlap(sightings, isExclusive, (start) => start.at)).toEqual([])
        const of = (status: string) => executions.filter((execution) => execution.status === status)
        const seen = sightings.filter(({ kind }) => kind === 'end').map(({ executionId }) => executionId)
        expect(
          of('SUCCESS')
            .map(({ id }) => id)
            .sort(),
        ).toEqual(seen.sort())
        // What was still waiting when they stopped stays queued; nothing else may be open or have failed.
        expect(executions.length).toBe(of('SUCCESS').length + of('SKIPPED').length + of('QUEUED').length)
        expect(of('SUCCESS').length).toBeGreaterThan(JOBS / 4)
        expect(new Set(of('SUCCESS').map(({ owner }) => owner)).size).toBeGreaterThan(1)
        console.log(
          `chaos: ${store}: ${of('SUCCESS').length} ran, ${of('SKIPPED').length} rows of skips, ${of('QUEUED').length} were waiting`,
        )
      },
      chaosTime(7000) + 60_000,
    )
  },
)
