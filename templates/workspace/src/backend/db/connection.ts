import { openPostgres } from './postgres.js'
import { openSqlite } from './sqlite.js'

/**
 * The workspace's database. Placeholders are `?` in SQLite and PostgreSQL alike; `??` is a plain question mark
 * (PostgreSQL's operators `?`, `?|` and `?&`). Those in quotes and comments are left alone. A parameter is null,
 * undefined, a boolean, number, bigint, string, Date or Uint8Array; an array expands inside `in (?)`, an empty one to a
 * list that matches nothing.
 */
export interface DatabaseClient {
  /** The rows that a statement returns, as objects by column name. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  /** Runs a statement and returns how many rows it changed. */
  execute(sql: string, parameters?: readonly unknown[]): Promise<{ changes: number }>
  /** Closes the connection; once is enough, twice is fine. */
  close(): Promise<void>
}

/** What a driver does for a client, with placeholders of its own kind. */
export interface Connection {
  run(sql: string, parameters: readonly unknown[]): Promise<{ rows: unknown[]; changes: number }>
  close(): Promise<void>
}

const DEFAULT_URL = 'file:./data/dev.sqlite'

/**
 * A client for `DATABASE_URL` (default `file:./data/dev.sqlite`): PostgreSQL for `postgres:` and `postgresql:`, else
 * SQLite. It connects when it is first used. Close it when the work is done.
 */
export function createDatabaseClient(url: string = process.env.DATABASE_URL || DEFAULT_URL): DatabaseClient {
  const open = /^postgres(?:ql)?:/i.test(url) ? openPostgres : openSqlite
  let opened: Promise<Connection> | undefined
  let closed = false
  const connection = (): Promise<Connection> => {
    if (closed) return Promise.reject(new Error('the database client is closed; create a new one'))
    // A connection that failed is tried again by the next statement.
    opened ??= open(url).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []) {
      const { rows } = await (await connection()).run(sql, parameters)
      return rows as Row[]
    },
    async execute(sql, parameters = []) {
      const { changes } = await (await connection()).run(sql, parameters)
      return { changes }
    },
    async close() {
      closed = true
      const waiting = opened
      opened = undefined
      await (await waiting)?.close()
    },
  }
}
