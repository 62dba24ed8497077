import { StoreError } from './errors.ts'

export type SqliteBinding = 'node' | 'libsql'

/**
 * Which binding opens the store. Node's own from 24.15 on: there is nothing to install, and the first query of a process
 * comes after 43 ms instead of 59. Earlier Nodes have none, or print a warning about it. `nodeVersion` is like `24.15.0`.
 * Throws StoreError STORE_URL.
 */
export function sqliteBinding(chosen: string | undefined, nodeVersion: string): SqliteBinding {
  if (chosen === 'node' || chosen === 'libsql') return chosen
  if (chosen !== undefined && chosen !== '') {
    throw new StoreError('STORE_URL', `JOBS_SQLITE_DRIVER is "${chosen}", which is not a SQLite driver`, {
      hint: 'set it to node or to libsql, or leave it out',
    })
  }
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 15) ? 'node' : 'libsql'
}
