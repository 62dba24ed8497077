import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileMigrations } from '../../runtime/store/migrations/compile.ts'
import type { MigratableDriver } from '../../runtime/store/migrations/migrate.ts'
import { HISTORY } from '../../runtime/store/migrations/migration.ts'
import { openDriver, openStore } from '../../runtime/store/open.ts'
import type { Row, Script, SqlValue } from '../../runtime/store/transaction-script.ts'
import { locateStore } from '../../runtime/store/url.ts'
import type { Clock } from '../../runtime/support/clock.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { fireOf, minute, Node, second, T0 } from './fixtures.ts'

let server: PostgresServer
let folder: string
let child: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webstir-migration-'))
  server = await startPostgres()
  child = join(folder, 'opens.mjs')
  await build({
    stdin: {
      contents: `import { openStore } from './runtime/store/open.ts'
        await openStore(process.argv[2], { busyLimit: 60_000 })
        process.send('migrated')`,
      resolveDir: resolve(import.meta.dirname, '..', '..'),
    },
    outfile: join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'opens-store.mjs'),
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' },
  })
  child = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'opens-store.mjs')
})

afterAll(async () => {
  await server?.remove()
  await rm(folder, { recursive: true, force: true })
  await rm(child, { force: true })
})

const at = T0 + minute
const idOf = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
const clockAt = (now: number): Clock => ({ ...systemClock, now: () => now })

/** Runs statements on a store as it is. */
async function onTables<Result>(
  url: string,
  work: (
    run: (sql: string, ...parameters: SqlValue[]) => Promise<readonly Row[]>,
    driver: MigratableDriver,
  ) => Promise<Result>,
): Promise<Result> {
  const location = locateStore(url)
  if (location.dialect === 'memory') throw new Error('a store in memory has no tables')
  const driver = await openDriver(location, { busyLimit: 60_000 })
  try {
    const run = (sql: string, ...parameters: SqlValue[]): Promise<readonly Row[]> =>
      driver.write(function* (): Script<readonly Row[]> {
        return yield { sql, parameters }
      })
    return await work(run, driver)
  } finally {
    await driver.close()
  }
}

const EXECUTION = {
  schedule_key: '',
  scheduled_for: at,
  tenant: '',
  '"trigger"': 'schedule',
  status: 'SUCCESS',
  attempt: 1,
  max_attempts: 2,
  priority: 0,
  args: '[]',
  owner: 'old',
  queued_at: at,
  available_at: at,
  started_at: at,
  finished_at: at + second,
  recover_limit: 3,
  after_jobs: '[]',
  lock_kind: 'exclusive',
}

/** A store as version 1 left it, with these executions in it. */
async function oldStore(url: string, rows: readonly Record<string, SqlValue>[]): Promise<void> {
  await onTables(url, async (run, driver) => {
    const [first] = compileMigrations(driver.dialect)
    await driver.write(function* () {
      yield { sql: HISTORY, parameters: [] }
      for (const sql of first?.statements ?? []) if (typeof sql === 'string') yield { sql, parameters: [] }
      yield { sql: `insert into job_migration values (1, 'tables', 0)`, parameters: [] }
    })
    for (const row of rows) {
      const values = { ...EXECUTION, ...row }
      const marks = Object.keys(values).map(() => '?')
      await run(
        `insert into job_execution (${Object.keys(values).join(', ')}) values (${marks.join(', ')})`,
        ...Object.values(values),
      )
    }
    await run(
      `insert into job_schedule_state (key, job, expression, timezone, args, origin, mark, seen_at)
        values ('a-key', 'a', '* * * * *', 'UTC', '[]', 'manifest', ?, ?)`,
      at,
      T0,
    )
  })
}

describe.each(['SQLite', 'PostgreSQL'])('a store of version 1 in %s', (dialect) => {
  let count = 0
  const place = async (): Promise<string> =>
    dialect === 'SQLite' ? `file:${join(folder, `${++count}.sqlite`)}` : await server.database()
  const many = (rows: number): string =>
    dialect === 'SQLite'
      ? `(with recursive s(n) as (select 1 union all select n + 1 from s where n < ${rows}) select n from s) as numbers`
      : `generate_series(1, ${rows}) as numbers(n)`

  it('is read after the migration as before, and its work goes on', async () => {
    const url = await place()
    await oldStore(url, [
      { id: idOf(1), job: 'a', schedule_key: 'a-key' },
      { id: idOf(2), job: 'b', status: 'FAILURE', attempt: 2, error_code: 'ERROR', error_message: 'twice' },
      { id: idOf(3), job: 'c', status: 'RUNNING', heartbeat_at: at, finished_at: null },
      {
        id: idOf(4),
        job: 'd',
        status: 'QUEUED',
        attempt: 0,
        owner: '',
        started_at: null,
        finished_at: null,
        priority: 5,
      },
      { id: idOf(5), job: 'a', schedule_key: 'a-key', tenant: 't', parent_id: idOf(1) },
      { id: idOf(6), job: 'e', status: 'SKIPPED', skip_cause: 'paused', skip_reason: 'paused: by ann', skip_count: 3 },
    ])
    await onTables(url, async (run) => {
      const attempt = 'insert into job_attempt (execution_id, attempt, owner, started_at, finished_at, error_code)'
      await run(`${attempt} values (?, 1, 'old', 1, 2, 'ERROR')`, idOf(2))
      await run(`${attempt} values (?, 2, 'old', ?, ?, 'ERROR')`, idOf(2), at, at + second)
      await run(`insert into job_execution_log values (?, 0, 1, 5, 'info', 'hello', null, 5, 0)`, idOf(1))
      await run(`insert into job_state values ('z', 1, 7, 'ann', 'why', '[]')`)
    })
    const store = await openStore(url)
    const rows = await store.executions({ limit: 100 })
    expect(Object.fromEntries(rows.map(({ id, status }) => [Number.parseInt(id.slice(-2), 16), status]))).toEqual({
      ...{ 1: 'SUCCESS', 2: 'FAILURE', 3: 'RUNNING', 4: 'QUEUED', 5: 'SUCCESS', 6: 'SKIPPED' },
    })
    expect(await store.execution(idOf(4))).toMatchObject({ priority: 5, queue: 'default', parentId: null })
    expect(await store.execution(idOf(6))).toMatchObject({ skipReason: 'paused: by ann', skipCount: 3 })
    expect((await store.attempts(idOf(2))).map((one) => [one.attempt, one.startedAt])).toEqual([
      [1, 1],
      [2, at],
    ])
    expect(await store.attempts(idOf(1))).toMatchObject([{ attempt: 1, startedAt: at, finishedAt: at + second }])
    expect(await store.logLines(idOf(1))).toMatchObject([{ message: 'hello' }])
    expect(await store.pauses()).toEqual([
      { scope: 'job', job: 'z', paused: true, since: 7, until: null, drain: false, by: 'ann', reason: 'why' },
    ])
    const node = new Node(store, 'old').at(at)
    await node.register()
    const again = [fireOf('a', at), fireOf('a', at, { tenant: 't' })]
    expect(await node.outcomes(again)).toEqual(['a: already-claimed', 'a: already-claimed'])
    expect(await node.taken()).toEqual(['d 60'])
    expect(await node.end({ id: idOf(3), attempt: 1 })).toBe(true)
    await store.close()
  })

  it('is not migrated while one of its processes has a live heartbeat', async () => {
    const url = await place()
    await oldStore(url, [])
    // The server's clock counts in PostgreSQL, however wrong this process's own is.
    const clock = url.startsWith('postgres') ? clockAt(at) : systemClock
    const seen = Date.now() - 15 * second
    await onTables(url, (run) =>
      run(`insert into scheduler_node values ('old', 'host-7', 41, '1', ?, ?, ?, 1)`, seen, seen, seen),
    )
    await expect(openStore(url, { clock })).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: expect.stringContaining('host-7, pid 41'),
    })
    await onTables(url, (run) => run('select count(*) from job_execution where status is not null'))
    await onTables(url, (run) => run('update scheduler_node set heartbeat_at = ?', seen - 16 * second))
    await (await openStore(url, { clock })).close()
  })

  it('fails a process of version 1 that goes on afterwards, instead of letting it claim', async () => {
    const url = await place()
    await oldStore(url, [{ id: idOf(3), job: 'c', status: 'RUNNING', heartbeat_at: at, finished_at: null }])
    await (await openStore(url)).close()
    await onTables(url, async (run) => {
      await expect(run(`update job_schedule_state set mark = 9 where key = 'a-key'`)).rejects.toThrow()
      await expect(run(`update job_execution set heartbeat_at = 9 where status = 'RUNNING'`)).rejects.toThrow()
      await expect(run(`insert into job_execution (id, job) values (?, 'a')`, idOf(9))).rejects.toThrow()
      expect(await run('select id, status from job_execution')).toEqual([{ id: idOf(3), status: 'RUNNING' }])
    })
  })

  it('is whole when the process that migrates it is killed, and is migrated by the next', async () => {
    const url = await place()
    const rows = 60_000
    await oldStore(url, [])
    await onTables(url, (run) =>
      run(
        `insert into job_execution (id, job, schedule_key, scheduled_for, tenant, "trigger", status, attempt, max_attempts,
          priority, args, owner, queued_at, available_at, started_at, finished_at, recover_limit, after_jobs, lock_kind)
        select '00000000-0000-7000-8000-' || substr('000000000000' || n, -12), 'job', 'key', n, '', 'schedule', 'SUCCESS', 1, 1, 0,
          '[]', 'old', 1, 1, 1, 2, 3, '[]', 'exclusive' from ${many(rows)}`.replace(
          `substr('000000000000' || n, -12)`,
          dialect === 'SQLite' ? `substr('000000000000' || n, -12)` : `lpad(n::text, 12, '0')`,
        ),
      ),
    )
    for (const delay of [20, 60, 150]) {
      const victim = fork(child, [url])
      await Promise.race([begun(url, delay), new Promise((done) => victim.once('message', done))])
      await killed(victim)
    }
    const store = await openStore(url, { busyLimit: 60_000 })
    expect(await store.executions({ limit: 100_000 })).toHaveLength(rows)
    await onTables(url, async (run) => {
      const [row] = await run('select count(*) as n from job_migration')
      expect(Number(row?.n)).toBe(2)
    })
    await store.close()
  })
})

it('a migration in PostgreSQL waits for another one, for longer than a lock is waited for otherwise', async () => {
  const url = await server.database()
  await oldStore(url, [])
  const other = new pg.Client({ connectionString: url })
  await other.connect()
  await other.query('select pg_advisory_lock(7283164)')

  const opening = openStore(url, { busyLimit: 100 })

  const waited = `select 1 from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database() and now() - query_start > interval '3 seconds'`
  await expect.poll(async () => (await other.query(waited)).rows, { timeout: 20_000 }).toHaveLength(1)
  await other.end()
  await (await opening).close()
})

/** Resolves so many ms after somebody else is seen to migrate. */
async function begun(url: string, delay: number): Promise<void> {
  const location = locateStore(url)
  if (location.dialect === 'memory') return
  for (let isBusy = false; !isBusy; ) {
    const driver = await openDriver(location, { busyLimit: 1 })
    try {
      await driver.write(function* () {
        // In SQLite a transaction is enough to meet whoever writes.
        const [row] = yield {
          sql:
            location.dialect === 'sqlite'
              ? 'select 0 as n'
              : `select count(*)::int as n from pg_locks where locktype = 'advisory'`,
          parameters: [],
        }
        isBusy = Number(row?.n) > 0
      })
    } catch {
      isBusy = true
    }
    await driver.close()
  }
  await new Promise((resolve) => setTimeout(resolve, delay))
}

async function killed(victim: ChildProcess): Promise<void> {
  if (victim.exitCode !== null || victim.signalCode !== null) return
  const ended = new Promise((done) => victim.once('exit', done))
  victim.kill('SIGKILL')
  await ended
}
