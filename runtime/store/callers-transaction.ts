import { messageOf } from '../support/errors.ts'
import { driverCode, StoreError } from './errors.ts'
import { typed } from './sql/columns.ts'
import { type Row, runInTrips, runSync, type Script, type SqlValue } from './transaction-script.ts'

/** A client of `pg`, in a transaction. */
interface PostgresClient {
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Row[] }>
}

/** A synchronous connection to SQLite (node:sqlite, libsql, better-sqlite3), in a transaction. */
interface SqliteConnection {
  exec(sql: string): unknown
  prepare(sql: string): {
    readonly reader?: boolean
    all(...values: SqlValue[]): readonly Row[]
    run(...values: SqlValue[]): unknown
  }
}

const SAVEPOINT = 'savepoint webstir_enqueue'
const RELEASE = 'release savepoint webstir_enqueue'
/** Whatever failed since then: the caller's transaction is as it was before. */
const UNDO = 'rollback to savepoint webstir_enqueue'

/**
 * Runs a script in a transaction that its caller has open, behind a savepoint. Throws StoreError STORE_TRANSACTION where the
 * client can't be used, is in no transaction, or is one of another database than that of the store `id`.
 */
export async function inCallersTransaction<Result>(
  client: unknown,
  dialect: 'sqlite' | 'postgres' | 'memory',
  id: string,
  script: () => Script<Result>,
): Promise<Result> {
  const steps = function* (): Script<Result> {
    const [row] = yield { sql: 'select id from job_store', parameters: [] }
    if (row?.id !== id) throw new OtherDatabase()
    return yield* script()
  }
  try {
    if (dialect === 'postgres' && isPostgresClient(client)) return await inPostgres(client, steps)
    if (dialect === 'sqlite' && isSqliteConnection(client)) return inSqlite(client, steps)
  } catch (error) {
    if (
      error instanceof OtherDatabase ||
      driverCode(error) === '42P01' ||
      /no such table: job_store/.test(messageOf(error))
    ) {
      throw refused(
        'is connected to another database than the store',
        'set JOBS_STORE_URL to the database of the client',
      )
    }
    if (driverCode(error) === '25P01') throw refused('is in no transaction', 'begin one first')
    throw error
  }
  throw refused(
    `can't be used with a store in ${dialect}`,
    'pass a client of pg, or a connection of node:sqlite, libsql or better-sqlite3, that is in a transaction',
  )
}

/** The random id of a store. */
export function* storeId(): Script<string> {
  const [row] = yield { sql: 'select id from job_store', parameters: [] }
  return String(row?.id)
}

class OtherDatabase extends Error {}

function refused(what: string, hint: string): StoreError {
  return new StoreError('STORE_TRANSACTION', `the client given as transaction ${what}`, { hint })
}

async function inPostgres<Result>(client: PostgresClient, steps: () => Script<Result>): Promise<Result> {
  const { numbered } = await import('./drivers/postgres.ts')
  await client.query(SAVEPOINT)
  try {
    const result = await runInTrips(steps(), async (statements) => {
      let rows: readonly Row[] = []
      for (const { sql, parameters } of statements) rows = (await client.query(numbered(sql), [...parameters])).rows
      return rows.map(withNumbers)
    })
    await client.query(RELEASE)
    return result
  } catch (error) {
    await client.query(UNDO)
    await client.query(RELEASE)
    throw error
  }
}

function inSqlite<Result>(connection: SqliteConnection, steps: () => Script<Result>): Result {
  const isOpen =
    'isTransaction' in connection
      ? connection.isTransaction
      : 'inTransaction' in connection
        ? connection.inTransaction
        : true
  if (isOpen === false) throw refused('is in no transaction', 'begin one first')
  connection.exec(SAVEPOINT)
  try {
    const result = runSync(steps(), ({ sql, parameters }) => {
      const statement = connection.prepare(sql)
      if (statement.reader !== false) return statement.all(...parameters)
      statement.run(...parameters)
      return []
    })
    connection.exec(RELEASE)
    return result
  } catch (error) {
    connection.exec(UNDO)
    connection.exec(RELEASE)
    throw error
  }
}

/** pg gives whole numbers of 64 bits as texts. */
function withNumbers(row: Row): Row {
  const types = typed(Object.keys(row))
  const values = Object.entries(row).map(([name, value]) => {
    const isNumber = types[name] === 'integer' || types[name] === 'real'
    return [name, isNumber && typeof value === 'string' ? Number(value) : value]
  })
  return Object.fromEntries(values)
}

const has = (client: unknown, method: string): boolean =>
  typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'

/** A pool would run each statement on another connection. */
function isPostgresClient(client: unknown): client is PostgresClient {
  return has(client, 'query') && !(typeof client === 'object' && client !== null && 'totalCount' in client)
}

function isSqliteConnection(client: unknown): client is SqliteConnection {
  return has(client, 'prepare') && has(client, 'exec')
}
