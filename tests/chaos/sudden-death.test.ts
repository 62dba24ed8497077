import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Attempt, Execution } from '../../runtime/store/execution.ts'
import { faultsOfFires, faultsOfOverlap, faultsOfSightings } from '../support/chaos-ledger.ts'
import { chaosRandom, chaosRounds } from '../support/chaos-random.ts'
import { chaosJobs, STALE_AFTER, type Stage, type StoreKind, setStage } from '../support/chaos-stage.ts'

const SCHEDULERS = 3
const JOBS = 24
/** What an interrupted execution may take to run again beyond `staleAfter`, in ms. */
const MARGIN = 5000
/** Recoveries of the jobs, by turns. */
const RECOVER = [3, 3, 1, 0]

let stage: Stage | undefined
afterEach(async () => {
  await stage?.clear()
  stage = undefined
})

/** Kills, each as soon as two of them watch, make about 20 s for 50 of them. */
const STORES: [StoreKind, number][] = [
  ['SQLite', chaosRounds(50)],
  ['PostgreSQL', chaosRounds(8)],
]

describe.each(STORES)(
  'given three schedulers on one %s, of which one or another is killed %i times',
  (store, rounds) => {
    it(
      'no fire is lost, none is claimed twice, and what was interrupted runs again in time',
      async () => {
        const random = chaosRandom(`SIGKILL on ${store}`)
        stage = await setStage({
          store,
          jobs: chaosJobs(JOBS, (index) => ({
            recover: RECOVER[index % RECOVER.length],
            overlap: index < JOBS / 2 ? 'skip' : 'allow',
            work: { work: 'sleep', most: 900 },
          })),
          concurrency: 20,
        })
        const { start } = stage
        let alive = Array.from({ length: SCHEDULERS }, () => start())
        for (let round = 0; round < rounds; ) {
          await sleep(random.between(100, 600))
          const watching = alive.filter(({ isWatching }) => isWatching)
          if (watching.length < 2) continue
          // Now and then all of them die at once; else one always lives, which finds what the others left.
          const victims = random.between(1, 10) === 1 ? alive : [random.pick(watching)]
          await Promise.all(victims.map((victim) => victim.strike('SIGKILL')))
          round += victims.length
          alive = alive.map((scheduler) => (scheduler.isAlive ? scheduler : start()))
        }
        await sleep(STALE_AFTER + MARGIN)
        await Promise.all(alive.map((scheduler) => scheduler.strike('SIGTERM')))
        const ledger = await stage.ledger()
        const sightings = await stage.sightings()
        const deaths = new Map(
          stage.schedulers.flatMap(({ pid, struck }) =>
            struck?.signal === 'SIGKILL' ? [[pid, struck.at] as const] : [],
          ),
        )

        expect(faultsOfFires(ledger)).toEqual([])
        expect(faultsOfSightings(sightings)).toEqual([])
        const isExclusive = (job: string): boolean => Number(job.slice(4)) < JOBS / 2
        expect(faultsOfOverlap(sightings, isExclusive, ({ pid, at }) => deaths.get(pid) ?? at)).toEqual([])
        expect(faultsOfRecovery(ledger, deaths), stage.said()).toEqual([])
        const seen = new Map(sightings.map((one) => [one.executionId, one]))
        const lost = ledger.executions.filter(({ id, status }) => status === 'SUCCESS' && !seen.has(id))
        expect(lost).toEqual([])
        tell(store, rounds, ledger.executions)
      },
      rounds * 2000 + 60_000,
    )
  },
)

/** What is wrong with the executions whose process died: they must have run again in time, or be STALE. */
function faultsOfRecovery(
  { executions, attempts }: { executions: readonly Execution[]; attempts: readonly Attempt[] },
  deaths: ReadonlyMap<number, number>,
): string[] {
  const byExecution = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    byExecution.set(attempt.executionId, [...(byExecution.get(attempt.executionId) ?? []), attempt])
  }
  const jobs = new Map(executions.map(({ id, job }) => [id, job]))
  /** A later fire may have begun after `staleAfter` and have died too: the job's lock then waits for that one. */
  const lastDeath = (job: string, from: number, to: number): number => {
    const others = attempts.filter((one) => jobs.get(one.executionId) === job && one.error?.code === 'PROCESS_DIED')
    const times = others.map(({ owner }) => deaths.get(Number(owner.split(':')[1])) ?? 0)
    return Math.max(...times.filter((time) => from < time && time < to), from)
  }
  return executions.flatMap(({ id, job, status, recoveries, recoverLimit }) => {
    const faults: string[] = []
    const own = [...(byExecution.get(id) ?? [])].sort((a, b) => a.attempt - b.attempt)
    const died = own.filter(({ error }) => error?.code === 'PROCESS_DIED')
    if (status === 'RUNNING' || status === 'FAILURE') faults.push(`${job} ${id} is ${status}`)
    if (status === 'STALE' && recoveries !== recoverLimit)
      faults.push(`${job} ${id}: STALE after ${recoveries} re-runs`)
    if (recoveries > recoverLimit) faults.push(`${job} ${id}: ${recoveries} re-runs of ${recoverLimit}`)
    for (const attempt of died) {
      const death = deaths.get(Number(attempt.owner.split(':')[1]))
      if (death === undefined) faults.push(`${job} ${id}: ${attempt.owner} was alive, and lost it`)
      const next = own.find((other) => other.attempt === attempt.attempt + 1)
      const again = next?.startedAt ?? (status === 'STALE' ? attempt.finishedAt : null)
      if (again === null || again === undefined) {
        // A queued one that is given back at the end had its chance; one that never had is a fault.
        faults.push(`${job} ${id}: attempt ${attempt.attempt} died and is ${status}`)
      } else if (death !== undefined && again - lastDeath(job, death, again) > STALE_AFTER + MARGIN) {
        const found = (attempt.finishedAt ?? death) - death
        faults.push(
          `${job} ${id}: its process died, was found dead ${found} ms later, and it ran again after ${again - death}`,
        )
      }
    }
    return faults
  })
}

function tell(store: string, rounds: number, executions: readonly Execution[]): void {
  const count = (status: string) => executions.filter((execution) => execution.status === status).length
  const again = executions.filter(({ recoveries }) => recoveries > 0).length
  console.log(
    `chaos: ${store}: ${rounds} kills, ${executions.length} executions, ${again} ran again, ${count('STALE')} STALE`,
  )
}
