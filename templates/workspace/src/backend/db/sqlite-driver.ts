import { prepareWithStrings } from './double-quotes.js'

export type SqliteValue = null | number | bigint | string | Uint8Array

/** A file that is open, through Node's own SQLite or through the package libsql. */
export interface SqliteDriver {
  exec(sql: string): void
  /** Rows as plain objects; `changes` counts them where a statement returns rows, else the rows it changed. */
  run(sql: string, values: readonly SqliteValue[]): { rows: unknown[]; changes: number }
  close(): void
}

/** From Node 24.15 on there is nothing to install. JOBS_SQLITE_DRIVER (node or libsql) chooses, as it does for the store. */
export function openSqliteDriver(path: string): Promise<SqliteDriver> {
  const chosen = process.env.JOBS_SQLITE_DRIVER
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const hasOwn = major > 24 || (major === 24 && minor >= 15)
  return chosen === 'node' || (chosen !== 'libsql' && hasOwn) ? openNode(path) : openLibsql(path)
}

/** The part of `node:sqlite` that is used here; the types of older Nodes don't have it. */
interface NodeSqlite {
  DatabaseSync: new (
    path: string,
    options: { enableDoubleQuotedStringLiterals: boolean },
  ) => { exec(sql: string): void; prepare(sql: string): NodeStatement; close(): void }
}
interface NodeStatement {
  columns(): unknown[]
  all(...values: readonly SqliteValue[]): object[]
  run(...values: readonly SqliteValue[]): { changes: number | bigint }
}

async function openNode(path: string): Promise<SqliteDriver> {
  // The name in a variable keeps the type checker from looking for a module that older types don't have.
  const name: string = 'node:sqlite'
  const { DatabaseSync }: NodeSqlite = await import(name)
  const database = new DatabaseSync(path, { enableDoubleQuotedStringLiterals: true })
  return {
    exec: (sql) => database.exec(sql),
    run(sql, values) {
      const statement = database.prepare(sql)
      if (statement.columns().length === 0) return { rows: [], changes: Number(statement.run(...values).changes) }
      // Its rows have no prototype, and so lack what every object has.
      const rows = statement.all(...values).map((row) => ({ ...row }))
      return { rows, changes: rows.length }
    },
    close: () => database.close(),
  }
}

async function openLibsql(path: string): Promise<SqliteDriver> {
  const { default: Database } = await import('libsql').catch((cause: unknown) => {
    throw new Error('SQLite needs Node 24.15 or later, or the package libsql: npm install libsql', { cause })
  })
  const database = new Database(path)
  return {
    exec: (sql) => void database.exec(sql),
    run(sql, values) {
      const statement = prepareWithStrings(sql, (text) => database.prepare(text))
      if (!statement.reader) return { rows: [], changes: statement.run(values).changes }
      const rows = statement.all(values)
      return { rows, changes: rows.length }
    },
    close: () => void database.close(),
  }
}
