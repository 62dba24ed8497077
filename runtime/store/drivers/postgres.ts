import type pg from 'pg'
import { builtin } from '../../support/builtin.ts'
import { type Clock, sleep } from '../../support/clock.ts'
import type { Driver, Session } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { StoreTransaction } from '../job-store.ts'
import type { LockKey } from '../locks.ts'
import { storableValues } from '../sql/storable-text.ts'
import { sqlTables } from '../sql/tables.ts'
import { type Row, runAsync, type Script, type Statement } from '../transaction-script.ts'
import { isConflict, postgresError } from './postgres-errors.ts'

export interface PostgresOptions {
  readonly clock: Clock
  /** How long to wait for a lock, in ms. */
  readonly busyLimit: number
  /** Connections at once. */
  readonly connections: number
}

/** A server that doesn't answer within this many ms is away. */
const CONNECT_LIMIT = 5_000

/** How often a transaction that lost a conflict is run anew. */
const RETRIES = 8

/** PostgreSQL's bigint: our times and counts all fit a double. */
const BIGINT = 20

/** PostgreSQL through pg. Connections that break are replaced when the next call needs one. */
export async function openPostgres(
  location: { target: string; shown: string },
  options: PostgresOptions,
): Promise<Driver & { readonly dialect: 'postgres' }> {
  const { Pool, types } = await loadPg()
  const pool = new Pool({
    connectionString: location.target,
    max: options.connections,
    connectionTimeoutMillis: CONNECT_LIMIT,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'webstir-jobs',
    lock_timeout: options.busyLimit,
    query_timeout: options.busyLimit + CONNECT_LIMIT,
    idle_in_transaction_session_timeout: 60_000,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === BIGINT ? Number : types.getTypeParser(oid, format === 'binary' ? 'text' : format),
    },
  })
  // A connection that breaks while nobody uses it is no news: the next call opens another.
  pool.on('error', () => {})
  const driver = new PostgresDriver(pool, location, options)
  try {
    await driver.read(function* () {
      yield { sql: 'select 1 as one', parameters: [] }
    })
  } catch (error) {
    await driver.close()
    throw error
  }
  return driver
}

class PostgresDriver implements Driver {
  readonly dialect = 'postgres'
  readonly url: string
  readonly target: string
  readonly tables = sqlTables('postgres')
  #isClosed = false

  constructor(
    private readonly pool: pg.Pool,
    location: { target: string; shown: string },
    private readonly options: PostgresOptions,
  ) {
    this.url = location.shown
    this.target = location.target
  }

  read<Result>(steps: () => Script<Result>): Promise<Result> {
    return this.#connected((client) => runAsync(steps(), (statement) => run(client, statement)))
  }

  async write<Result>(steps: () => Script<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#connected((client) =>
          inTransaction(client, () => runAsync(steps(), (statement) => run(client, statement))),
        )
      } catch (error) {
        const isLast = attempt > RETRIES || !(error instanceof StoreError && isConflict(error.cause))
        if (isLast) throw error
        await sleep(this.options.clock, attempt * attempt)
      }
    }
  }

  alone<Result>(pair: LockKey, work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#connected((client) =>
      inTransaction(client, async () => {
        const session: Session = {
          transaction: transactionOn(client, this.url),
          run: (steps) => runAsync(steps, (statement) => run(client, statement)),
        }
        await session.run(this.tables.lockPairs([pair], true))
        return await work(session)
      }),
    )
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.pool.end()
  }

  /** Lends a connection; one that failed in its use isn't used again. */
  async #connected<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', `The store ${this.url} is closed.`)
    let client: pg.PoolClient
    try {
      client = await this.pool.connect()
    } catch (error) {
      throw postgresError(error, this.url)
    }
    let failed = false
    const broken = (): void => {
      failed = true
    }
    // Without a listener the loss of a connection that is in use would end the process.
    client.on('error', broken)
    try {
      return await work(client)
    } catch (error) {
      const known = postgresError(error, this.url)
      if (known instanceof StoreError && known.code === 'STORE_UNAVAILABLE') failed = true
      throw known
    } finally {
      client.off('error', broken)
      client.release(failed)
    }
  }
}

async function inTransaction<Result>(client: pg.PoolClient, work: () => Promise<Result>): Promise<Result> {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

const names = new Map<string, string>()

/** Every statement of ours is prepared once a connection, under a name made of its text. */
async function run(client: pg.PoolClient, { sql, parameters }: Statement): Promise<readonly Row[]> {
  let name = names.get(sql)
  if (name === undefined) {
    name = `webstir_${builtin('node:crypto').createHash('sha256').update(sql).digest('hex').slice(0, 24)}`
    names.set(sql, name)
  }
  const result = await client.query<Row>({ name, text: numbered(sql), values: [...storableValues(parameters)] })
  return result.rows
}

function transactionOn(client: pg.PoolClient, url: string): StoreTransaction {
  const query = async (sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> => {
    try {
      return await client.query(numbered(sql), [...storableValues(parameters)])
    } catch (error) {
      throw postgresError(error, url)
    }
  }
  return {
    dialect: 'postgres',
    // What the rows look like is known to the caller alone.
    query: async <Found>(sql: string, parameters: readonly unknown[] = []) =>
      (await query(sql, parameters)).rows as Found[],
    execute: async (sql, parameters = []) => ({ changes: (await query(sql, parameters)).rowCount ?? 0 }),
  }
}

/** The package is the workspace's own; without it, say how to get it. */
async function loadPg(): Promise<typeof pg> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new StoreError(
      'STORE_DRIVER_MISSING',
      'The store in PostgreSQL needs the package pg, which is not installed.',
      {
        hint: 'Run: npm install pg   (or set JOBS_STORE_URL to another store)',
        cause,
      },
    )
  }
}

const known = new Map<string, string>()

/** Writes `?` as `$1`, `$2`, ... (and `?7` as `$7`), leaving texts, quoted names and comments as they are. */
export function numbered(sql: string): string {
  let text = known.get(sql)
  if (text === undefined) {
    let count = 0
    text = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?\d*/g, (part) =>
      part.startsWith('?') ? `$${part.length > 1 ? part.slice(1) : ++count}` : part,
    )
    if (known.size < 500) known.set(sql, text)
  }
  return text
}
