import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { chaosJobs, type Stage, setStage } from '../support/chaos-stage.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

const JOBS = 4
const work = { work: 'sleep', least: 1500, most: 1500 } as const
/** What a stop may take beyond its grace, in ms: aborting, saying goodbye, and a slow machine. */
const MARGIN = 6000

let server: PostgresServer
let stage: Stage
let isAway = false
beforeAll(async () => {
  server = await startPostgres({ flags: ['-c', 'fsync=off'] })
})
afterEach(async () => {
  await stage.clear()
  if (isAway) await back()
})
afterAll(async () => {
  await server.remove()
})

async function away(): Promise<void> {
  isAway = true
  await server.stop()
}

async function back(): Promise<void> {
  isAway = false
  await server.start()
}

async function setJobs(): Promise<void> {
  const rare = { name: 'rare', schedule: '@yearly', work: { work: 'none' } } as const
  const jobs = [...chaosJobs(JOBS, () => ({ schedule: '@reboot', work })), rare]
  stage = await setStage({ store: 'PostgreSQL', url: await server.database(), jobs, staleAfter: 30_000 })
}

async function seen(kind: 'start' | 'end', count: number): Promise<void> {
  const found = async () => (await stage.sightings()).filter((sighting) => sighting.kind === kind)
  await vi.waitFor(async () => expect(await found()).toHaveLength(count), { timeout: 15_000 })
}

it('given a scheduler whose jobs have ended while the store is away, when it is stopped, then it leaves in time, fails, and names them', async () => {
  await setJobs()
  const scheduler = stage.start(['--grace', '2s'])
  await seen('start', JOBS)
  await away()
  await seen('end', JOBS)
  const begun = Date.now()
  const code = await scheduler.strike('SIGTERM')
  expect(Date.now() - begun).toBeLessThan(2000 + MARGIN)
  expect(code, scheduler.said).toBe(1)
  const ids = new Set((await stage.sightings()).map(({ executionId }) => executionId))
  expect(ids.size).toBe(JOBS)
  for (const id of ids) expect(scheduler.said).toContain(`${id} (success)`)
}, 60_000)

it('given the same, when the store is back within the grace period, then all is recorded', async () => {
  await setJobs()
  const scheduler = stage.start(['--grace', '20s'])
  await seen('start', JOBS)
  await away()
  await seen('end', JOBS)
  const stopped = scheduler.strike('SIGTERM')
  await sleep(2000)
  await back()
  expect(await stopped, scheduler.said).toBe(0)
  const store = await openStore(stage.url)
  const executions = await store.executions({})
  await store.close()
  expect(executions.map(({ status }) => status)).toEqual(Array(JOBS).fill('SUCCESS'))
}, 60_000)

it('given a run by hand that has ended while the store is away, when it is stopped, then it leaves in time, fails, and names it', async () => {
  await setJobs()
  const { NODE_OPTIONS: _, ...env } = process.env
  const scheduler = `${stage.root}/build/backend/jobs/scheduler.js`
  const run = spawn(process.execPath, [scheduler, '--job', 'job-000', '--grace', '2s'], {
    env: { ...env, JOBS_STORE_URL: stage.url, LOG_FORMAT: 'json' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  await seen('start', 1)
  await away()
  await seen('end', 1)
  const begun = Date.now()
  run.kill('SIGTERM')
  const [code] = await once(run, 'close')
  expect(Date.now() - begun).toBeLessThan(2000 + MARGIN)
  expect(code, said).toBe(1)
  expect(said).toContain('(success)')
}, 60_000)
