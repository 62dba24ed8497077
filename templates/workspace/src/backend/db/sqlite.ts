import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Connection, Parameter } from './connection.ts'
import { bind } from './placeholders.ts'

/** How long a database that another process is writing to is waited for, in milliseconds. */
const BUSY_TIMEOUT = 5_000

/** Opens `file:PATH` (relative to the workspace; folders are made) or `:memory:` through libsql. */
export async function openSqlite(url: string): Promise<Connection> {
  const path = pathOf(url)
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const { default: Database } = await import('libsql').catch((cause: unknown) => {
    throw new Error('SQLite needs the package libsql, which is not installed: npm install libsql', { cause })
  })
  const database = new Database(path)
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
  if (path !== ':memory:') database.exec('PRAGMA journal_mode = WAL')
  return {
    async run(sql, parameters) {
      const bound = bind(sql, parameters, 'sqlite')
      const statement = database.prepare(bound.sql)
      const values = bound.parameters.map(toSqlite)
      if (statement.reader) {
        const rows = statement.all(values)
        return { rows, changes: rows.length }
      }
      return { rows: [], changes: statement.run(values).changes }
    },
    async close() {
      database.close()
    },
  }
}

function pathOf(url: string): string {
  if (url === ':memory:' || url === 'file::memory:') return ':memory:'
  if (!url.startsWith('file:')) {
    throw new Error(`DATABASE_URL must begin with file: or postgres:, and is "${url.replace(/\/\/[^@/]*@/, '//')}"`)
  }
  if (url.startsWith('file:///')) return fileURLToPath(url)
  return resolve(workspaceRoot(), url.slice('file:'.length))
}

/** The nearest folder above this file, built or not, that holds a package.json. */
function workspaceRoot(): string {
  if (process.env.WORKSPACE_ROOT) return resolve(process.env.WORKSPACE_ROOT)
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

/** SQLite knows neither booleans nor dates: 1 and 0, and ISO 8601 in UTC, stand for them. */
function toSqlite(value: Parameter): null | number | bigint | string | Uint8Array {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite can't be given ${Array.isArray(value) ? 'an array outside of "in (?)"' : typeof value}`)
}
