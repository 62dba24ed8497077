import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Connection } from './connection.js'
import { bind } from './placeholders.js'
import { openSqliteDriver, type SqliteValue } from './sqlite-driver.js'
import { sqlitePath } from './sqlite-path.js'

/** How long a database that another process is writing to is waited for, in milliseconds. */
const BUSY_TIMEOUT = 5_000

/** Opens `file:PATH` (relative to the workspace; missing folders are created) or `:memory:`. */
export async function openSqlite(url: string): Promise<Connection> {
  const path = sqlitePath(url)
  if (path !== ':memory:') makeFolder(dirname(path))
  const database = await openSqliteDriver(path)
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
  if (path !== ':memory:') database.exec('PRAGMA journal_mode = WAL')
  return {
    async run(sql, parameters) {
      const bound = bind(sql, parameters, 'sqlite')
      return database.run(bound.sql, bound.parameters.map(toSqlite))
    },
    async close() {
      database.close()
    },
  }
}

/** Folder by folder: Node's `recursive` never returns in /proc, where making one fails as if the folder above were missing. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error
  }
}

/** SQLite has neither booleans nor dates: they become 1 and 0, and ISO 8601 in UTC. */
function toSqlite(value: unknown): SqliteValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(
    `SQLite can't be given ${Array.isArray(value) ? 'an array outside of "in (?)"' : `a value of type ${typeof value}`}`,
  )
}
