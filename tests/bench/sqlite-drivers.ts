import { createRequire } from 'node:module'
import { sqliteBinding } from '../../runtime/store/sqlite-binding.ts'

export const SQLITE_DRIVERS = ['libsql', 'node:sqlite'] as const
export type SqliteDriver = (typeof SQLITE_DRIVERS)[number]

/** What both drivers have in common. */
export interface RawDatabase {
  exec(sql: string): void
  prepare(sql: string): { run(...values: readonly unknown[]): unknown }
  close(): void
}

/** Node's own only where the store would choose it: earlier ones are experimental. */
export function isAvailable(driver: SqliteDriver): boolean {
  return driver === 'libsql' || sqliteBinding(undefined, process.versions.node) === 'node'
}

export function openRaw(driver: SqliteDriver, path: string): RawDatabase {
  const load = createRequire(import.meta.url)
  return driver === 'libsql' ? new (load('libsql'))(path) : new (load('node:sqlite').DatabaseSync)(path)
}

/** The environment in which the store chooses this driver. */
export const environmentFor = (driver: SqliteDriver): Record<string, string> => ({
  JOBS_SQLITE_DRIVER: driver === 'libsql' ? 'libsql' : 'node',
})
