import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Libsql from 'libsql'
import type { Fire } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { uuidv7 } from '../../runtime/store/uuid.ts'

const GROUP = 100

/**
 * What libsql itself does in a second: for each job one insert and two updates, in groups of 100 of one transaction
 * each, on a file with the store's own settings. The yardstick for everything durable.
 */
export async function rawRate(jobs: number): Promise<number> {
  return await inFolder(async (folder) => {
    const Database: typeof Libsql = createRequire(import.meta.url)('libsql')
    const database = new Database(join(folder, 'raw.sqlite'))
    database.exec('pragma journal_mode = wal; pragma synchronous = normal')
    database.exec(`create table job (id text primary key, name text, scheduled_for integer, status text, owner text,
      started_at integer, finished_at integer)`)
    const insert = database.prepare('insert into job values (?, ?, ?, ?, ?, ?, ?)')
    const start = database.prepare('update job set status = ?, owner = ?, started_at = ? where id = ?')
    const end = database.prepare('update job set status = ?, finished_at = ? where id = ?')
    const begin = performance.now()
    for (let from = 0; from < jobs; from += GROUP) {
      const ids = Array.from({ length: GROUP }, () => uuidv7(from))
      database.exec('begin immediate')
      ids.forEach((id, place) => {
        insert.run([id, `job-${place}`, from, 'QUEUED', '', null, null])
      })
      for (const id of ids) start.run(['RUNNING', 'node', from, id])
      for (const id of ids) end.run(['SUCCESS', from, id])
      database.exec('commit')
    }
    const rate = jobs / ((performance.now() - begin) / 1000)
    database.close()
    return rate
  })
}

/** How many no-op jobs a second the store takes from claim to outcome, in ticks of 100 fires of 100 jobs. */
export async function storeRate(jobs: number, url?: string): Promise<number> {
  return await inFolder(async (folder) => {
    const store = await openStore(url ?? `file:${join(folder, 'jobs.sqlite')}`)
    try {
      await run(store, GROUP * 5, 1_700_000_000_000)
      const begin = performance.now()
      await run(store, jobs, 1_800_000_000_000)
      return jobs / ((performance.now() - begin) / 1000)
    } finally {
      await store.close()
    }
  })
}

async function run(store: Store, jobs: number, from: number): Promise<void> {
  const keys = Array.from({ length: GROUP }, (_, place) => `key-${from}-${place}`)
  await store.registerSchedules(
    keys.map((key, place) => ({
      key,
      job: `job-${place}`,
      expression: '* * * * *',
      timezone: 'UTC',
      args: [],
      origin: 'manifest',
      mark: from,
      anchor: null,
    })),
    { now: from, retireOthers: true },
  )
  for (let done = 0; done < jobs; done += GROUP) {
    const now = from + done + 1
    const outcomes = await store.claim({
      node: 'bench',
      now,
      slots: GROUP,
      staleBefore: now - 30_000,
      marks: keys.map((key) => ({ key, to: now })),
      fires: keys.map((key, place) => fire(`job-${place}`, key, now)),
    })
    await Promise.all(
      outcomes.map((outcome) => {
        if (outcome.outcome !== 'running') throw new Error(`a fire of the benchmark came back ${outcome.outcome}`)
        const { id, owner, attempt } = outcome.execution
        return store.finish({ id, owner, attempt, at: now, outcome: { kind: 'success' } })
      }),
    )
  }
}

function fire(job: string, scheduleKey: string, scheduledFor: number): Fire {
  return {
    job,
    scheduleKey,
    scheduledFor,
    tenant: '',
    trigger: 'schedule',
    priority: 0,
    args: [],
    maxAttempts: 1,
    recoverLimit: 3,
    overlap: 'skip',
    availableAt: scheduledFor,
    after: [],
    skip: null,
    count: 1,
  }
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
