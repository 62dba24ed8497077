import type { Row, Statement } from '../transaction-script.ts'

/** One connection to a file, through whichever binding: synchronous, with statements prepared once. */
export interface SqliteConnection {
  exec(sql: string): void
  run(statement: Statement): Row[]
  query(sql: string, parameters: readonly unknown[]): Row[]
  /** How many rows a statement changed. */
  change(sql: string, parameters: readonly unknown[]): number
  close(): void
}

/** Opens a file that may not exist yet; a locked database is not waited for. */
export type OpenSqliteConnection = (path: string) => SqliteConnection
