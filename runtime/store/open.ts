import { systemClock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import type { OpenSqliteConnection } from './drivers/sqlite-connection.ts'
import { StoreError } from './errors.ts'
import { databaseExists, fileMode } from './file-access.ts'
import type { OpenStoreOptions } from './job-store.ts'
import { migrationStates } from './migrations/migrate.ts'
import { sqliteBinding } from './sqlite-binding.ts'
import type { Store } from './store.ts'
import { TableStore } from './table-store.ts'
import { locateStore, type StoreLocation } from './url.ts'

const BUSY_LIMIT = 10_000
const CONNECTIONS = 8
/** How long a migration may take, and wait for another process that migrates, in ms. */
export const MIGRATION_LIMIT = 6 * 60 * 60_000

/**
 * Opens the store at `url`, else where the environment says (see `locateStore`), and brings its tables up to date.
 * Throws StoreError: STORE_URL, STORE_DRIVER_MISSING, STORE_UNAVAILABLE, STORE_TOO_NEW, STORE_TOO_OLD and the others.
 */
export async function openStore(url?: string, options: OpenStoreOptions = {}): Promise<Store> {
  const env = options.env ?? process.env
  const clock = options.clock ?? systemClock
  const location = locateStore(url, {
    env,
    ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
  })
  if (location.dialect === 'memory') {
    const { openMemory } = await import('./drivers/memory.ts')
    return new TableStore(openMemory(), clock)
  }
  const driver = await openDriver(location, options)
  try {
    const { migrate } = await import('./migrations/migrate.ts')
    const allowed = options.migrate ?? env.JOBS_STORE_MIGRATE !== 'off'
    const patient = () => openDriver(location, { ...options, busyLimit: MIGRATION_LIMIT, connections: 1 })
    await migrate(driver, clock.now(), allowed, patient)
  } catch (error) {
    await driver.close()
    throw error
  }
  return new TableStore(driver, clock)
}

/** Opens the database behind a store, whatever state its tables are in. */
export async function openDriver(
  location: Exclude<StoreLocation, { dialect: 'memory' }>,
  options: Pick<OpenStoreOptions, 'env' | 'clock' | 'busyLimit' | 'connections'> = {},
) {
  const clock = options.clock ?? systemClock
  const busyLimit = options.busyLimit ?? BUSY_LIMIT
  if (location.dialect === 'sqlite') {
    const [{ openSqlite }, open] = await Promise.all([import('./drivers/sqlite.ts'), loadSqlite(options.env)])
    return await openSqlite(location.path, open, {
      clock,
      busyLimit,
      mode: fileMode(options.env ?? process.env),
    })
  }
  const { openPostgres } = await import('./drivers/postgres.ts')
  return await openPostgres(location, { clock, busyLimit, connections: options.connections ?? CONNECTIONS })
}

async function loadSqlite(env: Env = process.env): Promise<OpenSqliteConnection> {
  if (sqliteBinding(env.JOBS_SQLITE_DRIVER, process.versions.node) === 'libsql') {
    return (await import('./drivers/libsql.ts')).loadLibsql()
  }
  return (await import('./drivers/node-sqlite.ts')).loadNodeSqlite()
}

/**
 * Opens a store to look into it, or to change what is in it; null where there is none yet. It makes no file, no folder
 * and no table: tables of an older version are refused (STORE_TOO_OLD). Throws StoreError as `openStore` does.
 */
export async function openExistingStore(options: OpenStoreOptions = {}): Promise<Store | null> {
  const location = locateStore(undefined, {
    env: options.env ?? process.env,
    ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
  })
  if (location.dialect === 'memory' || (location.dialect === 'sqlite' && !databaseExists(location.path))) return null
  try {
    return await openStore(location.target, { ...options, migrate: false })
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STORE_TOO_OLD' && (await isEmpty(location, options))) return null
    throw error
  }
}

/** True for a database that no scheduler has used yet. */
async function isEmpty(
  location: Exclude<StoreLocation, { dialect: 'memory' }>,
  options: OpenStoreOptions,
): Promise<boolean> {
  const driver = await openDriver(location, options)
  try {
    return (await migrationStates(driver)).every(({ appliedAt }) => appliedAt === null)
  } finally {
    await driver.close()
  }
}
