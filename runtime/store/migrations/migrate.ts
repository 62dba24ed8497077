import type { Driver } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { Dialect } from '../sql/dialect.ts'
import { number, text, textOrNull } from '../sql/rows.ts'
import type { Script } from '../transaction-script.ts'
import type { CompiledMigration } from './compile.ts'
import { type Copying, HISTORY, LATEST, type MigrationState, refuseNewer } from './migration.ts'

/** Any number does, as long as all programs take the same. */
const ADVISORY_LOCK = 7_283_164

/** Rows that one statement copies. */
const PORTION = 20_000

/** A node that had a heartbeat within this time, in ms, is taken to be alive: as in a scheduler's default settings. */
const ALIVE = 30_000

export interface MigratableDriver extends Driver {
  readonly dialect: Dialect
}

/** Brings the tables up to date; does nothing, and loads nothing, where they are. */
export async function migrate(
  driver: MigratableDriver,
  now: number,
  allowed: boolean,
  /** Opens another one for tables with rows in them, whose statements may take as long as they like. */
  patient?: () => Promise<MigratableDriver>,
): Promise<void> {
  const version = await currentVersion(driver)
  refuseNewer(version, driver.url)
  if (version === LATEST) return
  if (!allowed) {
    throw new StoreError(
      'STORE_TOO_OLD',
      `the store ${driver.url} has tables of version ${version}; this program needs version ${LATEST}`,
      { hint: 'run "webstir migrate" (JOBS_STORE_MIGRATE=off keeps the scheduler from doing it)' },
    )
  }
  if (version === 0 || patient === undefined) return await apply(driver, now)
  const other = await patient()
  try {
    await apply(other, now)
  } finally {
    await other.close()
  }
}

/** One transaction: all of them, or none. */
async function apply(driver: MigratableDriver, now: number): Promise<void> {
  await driver.measureClock()
  const { compileMigrations } = await import('./compile.ts')
  const migrations = compileMigrations(driver.dialect)
  await driver.write(function* () {
    // Another process may be at it: the one that comes second waits here, and finds nothing left to do.
    if (driver.dialect === 'postgres') {
      yield { sql: 'select pg_advisory_xact_lock(?)::text as locked', parameters: [ADVISORY_LOCK] }
    }
    yield { sql: HISTORY, parameters: [] }
    const [row] = yield { sql: 'select coalesce(max(version), 0) as version from job_migration', parameters: [] }
    const from = row === undefined ? 0 : number(row, 'version')
    for (const migration of migrations.filter(({ version }) => version > from)) {
      yield* refuseLive(migration, driver.url, now + driver.clockOffset)
      for (const part of migration.statements) {
        if (typeof part === 'string') yield { sql: part, parameters: [] }
        else yield* copy(part)
      }
      yield {
        sql: 'insert into job_migration (version, name, applied_at) values (?, ?, ?)',
        parameters: [migration.version, migration.name, now],
      }
    }
  })
}

/** A process of the version before would fail from now on, and what it runs would be run again. */
function* refuseLive({ refusesLive }: CompiledMigration, url: string, now: number): Script<void> {
  if (refusesLive === undefined) return
  const [node] = yield { sql: refusesLive, parameters: [now - ALIVE] }
  if (node === undefined) return
  const seen = new Date(number(node, 'heartbeat_at')).toISOString()
  throw new StoreError(
    'STORE_IN_USE',
    `the store ${url} can't be migrated while a process of an older version uses it: ${text(node, 'host')}, pid ${number(node, 'pid')}, last heartbeat ${seen}`,
    { hint: `stop it, and try again; one that was killed counts as alive for ${ALIVE / 1000} s` },
  )
}

/** Copies a table portion by portion, in the order of its key. */
function* copy({ table, key, statements }: Copying): Script<void> {
  const portion = statements((column) => `${column} > ? and ${column} <= ?`)
  for (let from = ''; ; ) {
    const [row] = yield {
      sql: `select max(${key}) as last from (select ${key} from ${table} where ${key} > ? order by ${key} limit ${PORTION}) part`,
      parameters: [from],
    }
    const to = row === undefined ? null : textOrNull(row, 'last')
    if (to === null) return
    for (const sql of portion) yield { sql, parameters: [from, to] }
    from = to
  }
}

/** All migrations, with those that the store has but this program doesn't know. */
export async function migrationStates(driver: MigratableDriver): Promise<MigrationState[]> {
  const { compileMigrations } = await import('./compile.ts')
  const applied = new Map<number, MigrationState>()
  await driver.read(function* () {
    if (!(yield* hasHistory(driver.dialect))) return
    for (const row of yield { sql: 'select version, name, applied_at from job_migration', parameters: [] }) {
      const version = number(row, 'version')
      applied.set(version, { version, name: text(row, 'name'), appliedAt: number(row, 'applied_at') })
    }
  })
  for (const { version, name } of compileMigrations(driver.dialect)) {
    if (!applied.has(version)) applied.set(version, { version, name, appliedAt: null })
  }
  return [...applied.values()].sort((a, b) => a.version - b.version)
}

function currentVersion(driver: MigratableDriver): Promise<number> {
  return driver.read(function* () {
    if (!(yield* hasHistory(driver.dialect))) return 0
    const [row] = yield { sql: 'select coalesce(max(version), 0) as version from job_migration', parameters: [] }
    return row === undefined ? 0 : number(row, 'version')
  })
}

function* hasHistory(dialect: Dialect): Script<boolean> {
  const sql =
    dialect === 'sqlite'
      ? `select 1 as found from sqlite_master where type = 'table' and name = 'job_migration'`
      : `select 1 as found where to_regclass('job_migration') is not null`
  return (yield { sql, parameters: [] }).length > 0
}
