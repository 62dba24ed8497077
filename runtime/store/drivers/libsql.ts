import { existsSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import type Libsql from 'libsql'
import { StoreError } from '../errors.ts'
import { storableValues } from '../sql/storable-text.ts'
import type { Row, Statement } from '../transaction-script.ts'
import type { OpenSqliteConnection, SqliteConnection } from './sqlite-connection.ts'

/** The dynamic loaders of the two C libraries, by processor. */
const LOADERS: Readonly<Record<string, { readonly glibc: string; readonly musl: string }>> = {
  x64: { glibc: '/lib64/ld-linux-x86-64.so.2', musl: '/lib/ld-musl-x86_64.so.1' },
  arm64: { glibc: '/lib/ld-linux-aarch64.so.1', musl: '/lib/ld-musl-aarch64.so.1' },
}

/** libsql is the workspace's own package; without it, say how to get it. */
export function loadLibsql(): OpenSqliteConnection {
  const require = createRequire(import.meta.url)
  let Database: typeof Libsql
  try {
    Database = knowingLibc(require, () => require('libsql'))
  } catch (cause) {
    throw new StoreError(
      'STORE_DRIVER_MISSING',
      'the store in SQLite needs the package libsql, which is not installed',
      {
        hint: 'run "npm install libsql", or use Node 24.15 or later, which needs none, or another store in JOBS_STORE_URL',
        cause,
      },
    )
  }
  return (path) => new LibsqlConnection(new Database(path, { timeout: 0 }))
}

/**
 * libsql's loader asks two packages which C library there is, so as to know which of its builds to load. The one has
 * Node write a whole diagnostic report, the other loads child processes and sockets to be ready to ask `ldd`: together a
 * sixth of a start. Where the file system leaves no doubt that it is glibc, the answer replaces them for as long
 * as libsql loads.
 */
function knowingLibc<Result>(require: NodeJS.Require, load: () => Result): Result {
  const loaders = process.platform === 'linux' ? LOADERS[process.arch] : undefined
  if (loaders === undefined || existsSync(loaders.musl) || !existsSync(loaders.glibc)) return load()
  const answers = {
    '@neon-rs/load': { currentTarget: () => `linux-${process.arch}-gnu` },
    'detect-libc': { GLIBC: 'glibc', MUSL: 'musl', familySync: () => 'glibc' },
  }
  const placed: string[] = []
  try {
    const ofLibsql = createRequire(require.resolve('libsql'))
    for (const [name, exports] of Object.entries(answers)) {
      const file = ofLibsql.resolve(name)
      if (require.cache[file] !== undefined) continue
      require.cache[file] = Object.assign(new Module(file), { loaded: true, exports })
      placed.push(file)
    }
  } catch {
    // Not where we know them to be: libsql then finds out by itself.
  }
  try {
    return load()
  } finally {
    for (const file of placed) delete require.cache[file]
  }
}

class LibsqlConnection implements SqliteConnection {
  readonly #database: Libsql.Database
  readonly #prepared = new Map<string, Libsql.Statement>()

  constructor(database: Libsql.Database) {
    this.#database = database
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  run = ({ sql, parameters }: Statement): Row[] => this.query(sql, parameters)

  query(sql: string, parameters: readonly unknown[]): Row[] {
    // The array is passed as it is: libsql would otherwise flatten the arguments into a new one.
    const rows: Row[] = []
    for (const row of this.#statement(sql).iterate(storableValues(parameters))) if (isRow(row)) rows.push(row)
    return rows
  }

  change(sql: string, parameters: readonly unknown[]): number {
    return this.#statement(sql).run(storableValues(parameters)).changes
  }

  close(): void {
    this.#prepared.clear()
    this.#database.close()
  }

  #statement(sql: string): Libsql.Statement {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null
