import { createRequire } from 'node:module'

/** Why a test that needs Node's own SQLite is skipped here; null where this Node has one that is ready for use. */
export function nodeSqliteMissing(): string | null {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 15)) return null
  return `Node ${process.versions.node} has none that is ready for use (24.15 has)`
}

/** What both drivers' classes have in common. */
export type SqliteClass = new (
  path: string,
) => {
  exec(sql: string): void
  prepare(sql: string): { get(): unknown; all(): unknown[] }
  close(): void
}

export function sqliteClass(driver: string): SqliteClass {
  if (driver === 'libsql') return createRequire(import.meta.url)('libsql')
  const sqlite: unknown = process.getBuiltinModule('node:sqlite')
  if (typeof sqlite !== 'object' || sqlite === null || !('DatabaseSync' in sqlite)) throw new Error('no node:sqlite')
  return sqlite.DatabaseSync as SqliteClass
}
