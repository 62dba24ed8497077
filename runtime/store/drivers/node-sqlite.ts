import { StoreError } from '../errors.ts'
import { storableValues } from '../sql/storable-text.ts'
import type { Row, Statement } from '../transaction-script.ts'
import type { OpenSqliteConnection, SqliteConnection } from './sqlite-connection.ts'

/** The part of `node:sqlite` that is used here; the types of our oldest Node don't have it. */
interface SqliteModule {
  readonly DatabaseSync: new (path: string, options: { timeout: number }) => Database
}
interface Database {
  exec(sql: string): void
  prepare(sql: string): PreparedStatement
  close(): void
}
interface PreparedStatement {
  all(...parameters: readonly unknown[]): Row[]
  run(...parameters: readonly unknown[]): { readonly changes: number | bigint }
}

/** Node's own SQLite. Throws StoreError STORE_DRIVER_MISSING where this Node has none. */
export function loadNodeSqlite(): OpenSqliteConnection {
  const sqlite: unknown = process.getBuiltinModule('node:sqlite')
  if (!isSqliteModule(sqlite)) {
    throw new StoreError('STORE_DRIVER_MISSING', `Node ${process.versions.node} has no built-in SQLite`, {
      hint: 'use Node 24.15 or later, or run "npm install libsql" and leave JOBS_SQLITE_DRIVER out',
    })
  }
  return (path) => new NodeSqliteConnection(new sqlite.DatabaseSync(path, { timeout: 0 }))
}

class NodeSqliteConnection implements SqliteConnection {
  readonly #prepared = new Map<string, PreparedStatement>()

  constructor(private readonly database: Database) {}

  exec(sql: string): void {
    this.database.exec(sql)
  }

  run = ({ sql, parameters }: Statement): Row[] => this.query(sql, parameters)

  query(sql: string, parameters: readonly unknown[]): Row[] {
    return this.#statement(sql).all(...storableValues(parameters))
  }

  change(sql: string, parameters: readonly unknown[]): number {
    return Number(this.#statement(sql).run(...storableValues(parameters)).changes)
  }

  close(): void {
    this.#prepared.clear()
    this.database.close()
  }

  #statement(sql: string): PreparedStatement {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

function isSqliteModule(found: unknown): found is SqliteModule {
  return typeof found === 'object' && found !== null && 'DatabaseSync' in found
}
