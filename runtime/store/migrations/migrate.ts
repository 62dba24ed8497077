import type { Driver } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { Dialect } from '../sql/dialect.ts'
import { number, text } from '../sql/rows.ts'
import type { Script } from '../transaction-script.ts'
import { HISTORY, LATEST, type MigrationState, refuseNewer } from './migration.ts'

/** Any number does, as long as all programs take the same. */
const ADVISORY_LOCK = 7_283_164

export interface MigratableDriver extends Driver {
  readonly dialect: Dialect
}

/** Brings the tables up to date; does nothing, and loads nothing, where they are. */
export async function migrate(driver: MigratableDriver, now: number, allowed: boolean): Promise<void> {
  const version = await currentVersion(driver)
  refuseNewer(version, driver.url)
  if (version === LATEST) return
  if (!allowed) {
    throw new StoreError(
      'STORE_TOO_OLD',
      `The store ${driver.url} has tables of version ${version}; this program needs version ${LATEST}.`,
      { hint: 'Run: webstir migrate   (JOBS_STORE_MIGRATE=off keeps the scheduler from doing it)' },
    )
  }
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
      for (const sql of migration.statements) yield { sql, parameters: [] }
      yield {
        sql: 'insert into job_migration (version, name, applied_at) values (?, ?, ?)',
        parameters: [migration.version, migration.name, now],
      }
    }
  })
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
