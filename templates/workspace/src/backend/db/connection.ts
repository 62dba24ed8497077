import { env } from '../env.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

/** Anything that a database can be given: arrays expand inside `in (?)`, an empty one to a list that matches nothing. */
export type Parameter = null | undefined | boolean | number | bigint | string | Date | Uint8Array | readonly Parameter[]

/**
 * The workspace's database. Placeholders are `?` in SQLite and PostgreSQL alike; `??` is a question mark that is none
 * (PostgreSQL's operators `?`, `?|` and `?&`). Those in quotes and comments are left alone.
 */
export interface DatabaseClient {
  /** The rows that a statement gives, as objects by column name. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>
  /** Runs a statement and says how many rows it changed. */
  execute(sql: string, parameters?: readonly Parameter[]): Promise<{ changes: number }>
  /** Closes the connection; once is enough, twice is fine. */
  close(): Promise<void>
}

/** What a driver does for a client, with placeholders of its own kind. */
export interface Connection {
  run(sql: string, parameters: readonly Parameter[]): Promise<{ rows: unknown[]; changes: number }>
  close(): Promise<void>
}

/**
 * A client for `DATABASE_URL` (default `file:./data/dev.sqlite`): SQLite for `file:` and `:memory:`, PostgreSQL for
 * `postgres:` and `postgresql:`. It connects when it is first used. Close it when the work is done.
 */
export function createDatabaseClient(url: string = env.databaseUrl): DatabaseClient {
  const open = /^postgres(?:ql)?:/.test(url) ? openPostgres : openSqlite
  let opened: Promise<Connection> | undefined
  let closed = false
  const connection = (): Promise<Connection> => {
    if (closed) return Promise.reject(new Error('the database client is closed; make a new one'))
    // A connection that failed is tried again by the next statement.
    opened ??= open(url).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    async query<Row>(sql: string, parameters: readonly Parameter[] = []) {
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
