import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Execution } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import { chaosJobs, type Stage, type StageOptions, type StoreKind, setStage } from '../support/chaos-stage.ts'
import { startPostgres } from '../support/postgres.ts'
import { lockSqlite } from '../support/sqlite-lock.ts'

const JOBS = 8
/** How long no heartbeat can arrive, in ms: more than twice `staleAfter`. */
const AWAY = 7000

let stage: Stage | undefined
const cleanUps: (() => Promise<void>)[] = []
afterEach(async () => {
  await stage?.clear()
  stage = undefined
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

/** A stage with one job for each, which runs once, for `time` ms, as soon as a scheduler starts. */
function longJobs(time: number, options: Omit<StageOptions, 'jobs'>): Promise<Stage> {
  const work = { work: 'sleep', least: time, most: time } as const
  const rare = { name: 'rare', schedule: '@yearly', work: { work: 'none' } } as const
  return setStage({ ...options, jobs: [...chaosJobs(JOBS, () => ({ schedule: '@reboot', work })), rare] })
}

async function recorded(): Promise<Execution[]> {
  const store = await openStore(stage?.url)
  try {
    return await store.executions({ statuses: ['RUNNING'] })
  } finally {
    await store.close()
  }
}

async function started(count: number): Promise<void> {
  await vi.waitFor(async () => expect((await stage?.sightings())?.length).toBe(count), { timeout: 15_000 })
}

/** Makes a stage, and what keeps its store from answering for a while. */
const STORES: [StoreKind, () => Promise<{ stage: Stage; outage: (during: () => void) => Promise<void> }>][] = [
  [
    'SQLite',
    async () => {
      const made = await longJobs(AWAY + 12_000, { store: 'SQLite' })
      const outage = async (during: () => void): Promise<void> => {
        const release = await lockSqlite(made.url)
        await sleep(AWAY - 1500)
        during()
        await sleep(1500)
        await release()
      }
      return { stage: made, outage }
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
      cleanUps.push(() => server.remove())
      const made = await longJobs(AWAY + 12_000, { store: 'PostgreSQL', url: await server.database() })
      const outage = async (during: () => void): Promise<void> => {
        await server.stop()
        await sleep(AWAY)
        await server.start()
        during()
      }
      return { stage: made, outage }
    },
  ],
]

describe.each(STORES)('given jobs that run while %s is away', (_store, make) => {
  it('when a new scheduler starts as it is back, then it takes none of them for dead', async () => {
    // given
    const made = await make()
    stage = made.stage
    const owner = stage.start()
    await started(JOBS)
    // when
    let newcomer: ReturnType<Stage['start']> | undefined
    await made.outage(() => {
      newcomer = made.stage.start(['--no-reboot'])
    })
    await newcomer?.ready
    await sleep(5000)
    // then
    const sightings = await stage.sightings()
    expect(sightings.filter(({ kind, pid }) => kind === 'start' && pid !== owner.pid)).toEqual([])
    expect((await recorded()).map(({ attempt }) => attempt)).toEqual(Array(JOBS).fill(1))
    expect(newcomer?.isWatching, stage.said()).toBe(true)
  }, 90_000)
})

describe('given a process of this machine that was killed, with 30 s until its heartbeat would be stale', () => {
  it('when another scheduler watches, then it runs again at once what was running', async () => {
    stage = await longJobs(60_000, { store: 'SQLite', staleAfter: 30_000 })
    const victim = stage.start()
    await started(JOBS)
    const survivor = stage.start(['--no-reboot'])
    await survivor.ready
    // when
    const died = Date.now()
    await victim.strike('SIGKILL')
    // then
    await started(2 * JOBS)
    expect(Date.now() - died).toBeLessThan(6000)
    expect((await recorded()).map(({ recoveries }) => recoveries)).toEqual(Array(JOBS).fill(1))
  }, 60_000)

  it('when the same job is run by hand again, then it starts at once', async () => {
    stage = await longJobs(60_000, { store: 'SQLite', staleAfter: 30_000 })
    const run = () => runJob('job-000')
    const first = run()
    await started(1)
    // when: a run beside the living one is refused, and one after its death is not
    const [refused] = await once(run(), 'exit')
    first.kill('SIGKILL')
    await once(first, 'exit')
    const died = Date.now()
    const second = run()
    // then
    expect(refused).toBe(75)
    await started(2)
    expect(Date.now() - died).toBeLessThan(5000)
    second.kill('SIGKILL')
  }, 60_000)
})

describe('given a run by hand without a heartbeat, and a machine that does not tell which processes have ended', () => {
  it('when the job is run again, then it starts when no heartbeat has come for staleAfter', async () => {
    stage = await longJobs(60_000, { store: 'PostgreSQL' })
    const first = runJob('job-000')
    await started(1)
    first.kill('SIGKILL')
    await once(first, 'exit')
    const client = new pg.Client({ connectionString: stage.url })
    await client.connect()
    await client.query('update job_node set boot_id = null, heartbeat_at = 0')
    await client.query('update job_open set heartbeat_at = heartbeat_at - 60000 where phase = 2')
    await client.end()
    // when
    const begun = Date.now()
    const second = runJob('job-000')
    await started(2)
    // then
    expect(Date.now() - begun).toBeGreaterThan(3000)
    second.kill('SIGKILL')
  }, 60_000)
})

function runJob(name: string) {
  if (stage === undefined) throw new Error('the stage is not set')
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawn(process.execPath, [`${stage.root}/build/backend/jobs/scheduler.js`, '--job', name], {
    env: { ...env, JOBS_STORE_URL: stage.url },
    stdio: 'ignore',
  })
}
