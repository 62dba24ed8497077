import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXECUTION_COLUMNS } from '../../runtime/store/sql/columns.ts'
import { uuidv7 } from '../../runtime/support/uuid.ts'
import { openRaw, type SqliteDriver } from './sqlite-drivers.ts'

const GROUP = 100

/** The columns of an execution that are numbers; the others are texts. */
const NUMBERS: ReadonlySet<string> = new Set([
  ...['scheduled_for', 'attempt', 'max_attempts', 'priority', 'heartbeat_at', 'queued_at', 'available_at'],
  ...['started_at', 'finished_at', 'duration_ms', 'skip_count', 'skipped_until', 'recoveries', 'recover_limit'],
  ...['cancel_requested_at', 'progress_percent'],
])

/**
 * What a driver of SQLite itself does in a second: for each job one insert and two updates, in groups of 100 of one transaction
 * each, on a file with the store's own settings. The yardstick for everything durable: the same row as an execution's,
 * with its primary key and nothing else (no other index, no attempts, no marks).
 */
export function rawRate(jobs: number, driver: SqliteDriver): Promise<number> {
  const first = (from: number, place: number): Readonly<Record<string, string | number | null>> => ({
    job: `job-${place}`,
    schedule_key: `key-${place}`,
    scheduled_for: from,
    tenant: '',
    '"trigger"': 'schedule',
    status: 'QUEUED',
    attempt: 0,
    max_attempts: 1,
    priority: 0,
    args: '[]',
    owner: '',
    queued_at: from,
    available_at: from,
    skip_count: 0,
    recoveries: 0,
    recover_limit: 3,
    after_jobs: '[]',
    lock_kind: 'exclusive',
  })
  return rate(jobs, driver, [...EXECUTION_COLUMNS, 'duration_ms', 'skip_cause'], first, {
    start: 'status = ?, owner = ?, started_at = ?, heartbeat_at = ?, attempt = ?',
    started: (from) => ['RUNNING', 'node', from, from, 1],
    end: 'status = ?, finished_at = ?, duration_ms = ?',
    ended: (from) => ['SUCCESS', from, 0],
  })
}

/** The same with a row of seven columns: the least that could be called a job. */
export function narrowRate(jobs: number, driver: SqliteDriver): Promise<number> {
  const columns = ['id', 'name', 'scheduled_for', 'status', 'owner', 'started_at', 'finished_at']
  const first = (from: number, place: number) => ({
    name: `job-${place}`,
    scheduled_for: from,
    status: 'QUEUED',
    owner: '',
  })
  return rate(jobs, driver, columns, first, {
    start: 'status = ?, owner = ?, started_at = ?',
    started: (from) => ['RUNNING', 'node', from],
    end: 'status = ?, finished_at = ?',
    ended: (from) => ['SUCCESS', from],
  })
}

interface Updates {
  readonly start: string
  started(from: number): readonly (string | number)[]
  readonly end: string
  ended(from: number): readonly (string | number)[]
}

async function rate(
  jobs: number,
  driver: SqliteDriver,
  columns: readonly string[],
  first: (from: number, place: number) => Readonly<Record<string, string | number | null>>,
  updates: Updates,
): Promise<number> {
  return await inFolder(async (folder) => {
    const database = openRaw(driver, join(folder, 'raw.sqlite'))
    database.exec('pragma journal_mode = wal; pragma synchronous = normal')
    const definition = (column: string): string =>
      column === 'id' ? 'id text primary key' : `${column} ${NUMBERS.has(column) ? 'integer' : 'text'}`
    database.exec(`create table job (${columns.map(definition).join(', ')})`)
    const insert = database.prepare(`insert into job values (${columns.map(() => '?').join(', ')})`)
    const start = database.prepare(`update job set ${updates.start} where id = ?`)
    const end = database.prepare(`update job set ${updates.end} where id = ?`)
    const begin = performance.now()
    for (let from = 0; from < jobs; from += GROUP) {
      const ids = Array.from({ length: GROUP }, () => uuidv7(from))
      database.exec('begin immediate')
      ids.forEach((id, place) => {
        const row = first(from, place)
        insert.run(...columns.map((column) => (column === 'id' ? id : (row[column] ?? null))))
      })
      for (const id of ids) start.run(...updates.started(from), id)
      for (const id of ids) end.run(...updates.ended(from), id)
      database.exec('commit')
    }
    const reached = jobs / ((performance.now() - begin) / 1000)
    database.close()
    return reached
  })
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
