import { statSync } from 'node:fs'
import { type Clock, sleep } from '../../support/clock.ts'
import type { Driver, Session } from '../driver.ts'
import { StoreError } from '../errors.ts'
import { makeDatabaseFile } from '../file-access.ts'
import type { StoreTransaction } from '../job-store.ts'
import type { LockKey } from '../locks.ts'
import { DEAF_LISTENER, type StoreListener } from '../notices.ts'
import { sqlTables } from '../sql/tables.ts'
import { runSync, type Script } from '../transaction-script.ts'
import { SameFile } from './same-file.ts'
import type { OpenSqliteConnection, SqliteConnection } from './sqlite-connection.ts'
import { isBusy, sqliteError } from './sqlite-errors.ts'

/** Tries to get a locked database are this far apart at first and at most, in ms. */
const FIRST_WAIT = 1
const LONGEST_WAIT = 25

/** Connections that are kept for later: opening one takes longer than most of what is done with it. */
const SPARE = 2

/** Pages of the write-ahead log before it is copied into the database: 16 MB. */
const CHECKPOINT = 4000

/** A log longer than this is not left behind, in bytes. */
const LONG_LOG = 1_000_000

export interface SqliteOptions {
  readonly clock: Clock
  /** How long to wait for a locked database, in ms. */
  readonly busyLimit: number
  /** Of files that are made. */
  readonly mode: number
}

/**
 * SQLite through a binding that is synchronous: a transaction runs from beginning to end without a pause, and a
 * database that is locked is tried again in short intervals with the event loop free in between.
 */
export async function openSqlite(
  path: string,
  open: OpenSqliteConnection,
  options: SqliteOptions,
): Promise<Driver & { readonly dialect: 'sqlite' }> {
  makeDatabaseFile(path, options.mode)
  const timeout = { ...options, path }
  const connect = (): Promise<SqliteConnection> =>
    patiently(timeout, () => {
      const connection = open(path)
      try {
        // NORMAL: a commit survives the process; a power cut may take back the newest ones, never half of one.
        connection.exec(
          `pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = ${CHECKPOINT}; pragma cache_size = -32768`,
        )
      } catch (error) {
        connection.close()
        throw error
      }
      return connection
    })
  return new SqliteDriver(await connect(), connect, timeout)
}

class SqliteDriver implements Driver {
  readonly dialect = 'sqlite'
  readonly url: string
  readonly target: string
  readonly tables = sqlTables('sqlite')
  readonly clockOffset = 0
  /** Connections that were used for a transaction of their own, and will be again. */
  readonly #spare: SqliteConnection[] = []
  readonly #file: SameFile
  #isClosed = false

  constructor(
    private readonly main: SqliteConnection,
    private readonly connect: () => Promise<SqliteConnection>,
    private readonly timeout: Patience,
  ) {
    this.url = `file:${timeout.path}`
    this.target = this.url
    this.#file = new SameFile(timeout.path, timeout.clock)
  }

  read<Result>(steps: () => Script<Result>): Promise<Result> {
    return patiently(this.timeout, () => {
      this.#refuseClosed()
      this.#file.verify()
      return inTransaction(this.main, 'begin', () => runSync(steps(), this.main.run))
    })
  }

  write<Result>(steps: () => Script<Result>): Promise<Result> {
    return patiently(this.timeout, () => {
      this.#refuseClosed()
      this.#file.verify()
      return inTransaction(this.main, 'begin immediate', () => runSync(steps(), this.main.run))
    })
  }

  async alone<Result>(_pair: LockKey, work: (session: Session) => Promise<Result>): Promise<Result> {
    this.#refuseClosed()
    this.#file.verify()
    const connection = this.#spare.pop() ?? (await this.connect())
    try {
      await patiently(this.timeout, () => connection.exec('begin immediate'))
      let result: Result
      try {
        result = await work({
          transaction: transactionOn(connection, this.timeout.path),
          run: async (steps) => runSync(steps, connection.run),
        })
        connection.exec('commit')
      } catch (error) {
        rollBack(connection)
        throw error
      }
      return result
    } finally {
      if (this.#isClosed || this.#spare.length >= SPARE) connection.close()
      else this.#spare.push(connection)
    }
  }

  async measureClock(): Promise<void> {}

  listen(): StoreListener {
    return DEAF_LISTENER
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    // SQLite would delete the log beside the path, which belongs to another database by now.
    if (!this.#file.isSame) return
    this.#emptyLog()
    for (const connection of [this.main, ...this.#spare]) connection.close()
  }

  /** Closing doesn't do that through libsql: the process that opens the database next would have to read through all of the log. */
  #emptyLog(): void {
    try {
      const { size } = statSync(`${this.timeout.path}-wal`)
      if (size > LONG_LOG) this.main.query('pragma wal_checkpoint(truncate)', [])
    } catch {
      // There is none, or others are using it: then they will.
    }
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', `the store ${this.url} is closed`)
  }
}

interface Patience extends SqliteOptions {
  readonly path: string
}

/** Tries until the database isn't locked, for as long as the caller allows. */
async function patiently<Result>(timeout: Patience, attempt: () => Result): Promise<Result> {
  const { clock, busyLimit, path } = timeout
  let start: number | undefined
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw sqliteError(error, path)
      start ??= clock.now()
      if (clock.now() - start >= busyLimit) throw tooBusy(error, timeout)
    }
    await sleep(clock, wait)
  }
}

function tooBusy(cause: unknown, { path, busyLimit }: Patience): StoreError {
  return new StoreError('STORE_BUSY', `${path} was locked by another process for ${busyLimit} ms`, {
    hint: 'find what keeps a transaction open on it: a database browser, a backup, a pre-check that does not end',
    cause,
  })
}

function inTransaction<Result>(connection: SqliteConnection, begin: string, work: () => Result): Result {
  connection.exec(begin)
  try {
    const result = work()
    connection.exec('commit')
    return result
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

/** Some errors (a full disk) have rolled back already. */
function rollBack(connection: SqliteConnection): void {
  try {
    connection.exec('rollback')
  } catch {}
}

function transactionOn(connection: SqliteConnection, path: string): StoreTransaction {
  const guarded = async <Result>(work: () => Result): Promise<Result> => {
    try {
      return work()
    } catch (error) {
      throw sqliteError(error, path)
    }
  }
  return {
    dialect: 'sqlite',
    query: <Found>(sql: string, parameters: readonly unknown[] = []) =>
      // What the rows look like is known to the caller alone.
      guarded(() => connection.query(sql, parameters.map(bindable)) as Found[]),
    execute: (sql, parameters = []) => guarded(() => ({ changes: connection.change(sql, parameters.map(bindable)) })),
  }
}

/** SQLite takes numbers, texts, bytes and null. */
function bindable(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  return value
}
