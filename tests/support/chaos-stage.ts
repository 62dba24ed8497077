import { join } from 'node:path'
import { openStore } from '../../runtime/store/open.ts'
import { type Ledger, readLedger } from './chaos-ledger.ts'
import { ChaosScheduler, killAll } from './chaos-scheduler.ts'
import { type ChaosWork, readSightings, type Sighting, WITNESS, WITNESS_MODULE } from './chaos-witness.ts'
import { layOutWorkspace } from './chaos-workspace.ts'
import { SHARED_SERVER, startPostgres, testDatabase } from './postgres.ts'

/** `staleAfter` of every chaos test, in ms. */
export const STALE_AFTER = 3000

export type ChaosJob = { readonly name: string; readonly work: ChaosWork } & Readonly<Record<string, unknown>>

/** A workspace, a store of its own, and the schedulers that a test lets loose on them. */
export interface Stage {
  readonly root: string
  readonly url: string
  readonly schedulers: readonly ChaosScheduler[]
  start(options?: readonly string[], env?: Readonly<Record<string, string>>): ChaosScheduler
  ledger(): Promise<Ledger>
  sightings(): Promise<Sighting[]>
  /** What the schedulers said, for the message of a failure. */
  said(): string
  clear(): Promise<void>
}

export type StoreKind = 'SQLite' | 'PostgreSQL'

export interface StageOptions {
  readonly jobs: readonly ChaosJob[]
  readonly store: StoreKind
  /** A database that is there already. */
  readonly url?: string
  readonly concurrency?: number
  /** In ms; default STALE_AFTER. */
  readonly staleAfter?: number
}

/** Sets the stage. The tables are made beforehand, so that the first second is like the others. */
export async function setStage({
  jobs,
  store,
  url: given,
  concurrency = 10,
  staleAfter = STALE_AFTER,
}: StageOptions): Promise<Stage> {
  const workspace = await layOutWorkspace({
    jobs: jobs.map(({ work, ...entry }) => ({ ...entry, args: [work] })),
    scheduler: { staleAfter: `${staleAfter / 1000}s`, concurrency },
    module: () => WITNESS_MODULE,
  })
  const database =
    given === undefined && store === 'PostgreSQL' ? await ownDatabase() : { url: given, release: async () => {} }
  const url = database.url ?? `file:${join(workspace.root, 'jobs.sqlite')}`
  await (await openStore(url)).close()
  const schedulers: ChaosScheduler[] = []
  return {
    root: workspace.root,
    url,
    schedulers,
    start(options, env) {
      const scheduler = new ChaosScheduler(workspace.scheduler, { JOBS_STORE_URL: url, ...env }, options)
      schedulers.push(scheduler)
      return scheduler
    },
    ledger: () => readLedger(workspace.root, url),
    sightings: () => readSightings(join(workspace.root, WITNESS)),
    said: () => schedulers.map(({ pid, said }) => (said === '' ? '' : `--- ${pid}\n${said.slice(-1500)}`)).join('\n'),
    async clear() {
      await killAll(schedulers)
      await database.release()
      await workspace.remove()
    },
  }
}

/** What these tests break is processes, not the power supply, so the server need not wait for the disk. */
async function ownDatabase(): Promise<{ url: string; release(): Promise<void> }> {
  if (process.env[SHARED_SERVER] !== undefined) return await testDatabase()
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  return { url: server.url, release: () => server.remove() }
}

/** `job-000` and so on, due every second, each as `make` says. */
export function chaosJobs(
  count: number,
  make: (index: number) => { readonly work: ChaosWork } & Readonly<Record<string, unknown>>,
): ChaosJob[] {
  return Array.from({ length: count }, (_, index) => ({
    schedule: 'rate(1 second)',
    ...make(index),
    name: `job-${String(index).padStart(3, '0')}`,
  }))
}
