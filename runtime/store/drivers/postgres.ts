import type pg from 'pg'
import { builtin } from '../../support/builtin.ts'
import { type Clock, sleep } from '../../support/clock.ts'
import type { Driver, Session } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { StoreTransaction } from '../job-store.ts'
import type { LockKey } from '../locks.ts'
import type { HeardNotice, StoreListener } from '../notices.ts'
import { storableValues } from '../sql/storable-text.ts'
import { sqlTables } from '../sql/tables.ts'
import { type Row, runAsync, type Script, type Statement } from '../transaction-script.ts'
import { type ConnectionLimits, PostgresConnections } from './postgres-connections.ts'
import { isConflict, postgresError } from './postgres-errors.ts'
import { PostgresListener } from './postgres-listener.ts'

export interface PostgresOptions extends ConnectionLimits {
  readonly clock: Clock
}

/** How often a transaction that lost a conflict is run anew. */
const RETRIES = 8

/** PostgreSQL through pg. */
export async function openPostgres(
  location: { target: string; shown: string },
  options: PostgresOptions,
): Promise<Driver & { readonly dialect: 'postgres' }> {
  const connections = await PostgresConnections.open(await loadPg(), location, options)
  return new PostgresDriver(connections, location, options.clock)
}

class PostgresDriver implements Driver {
  readonly dialect = 'postgres'
  readonly url: string
  readonly target: string
  readonly tables = sqlTables('postgres')
  readonly #listener: PostgresListener

  constructor(
    private readonly connections: PostgresConnections,
    location: { target: string; shown: string },
    private readonly clock: Clock,
  ) {
    this.url = location.shown
    this.target = location.target
    this.#listener = new PostgresListener(connections, clock)
    connections.shareWith(() => this.#listener.borrow())
  }

  read<Result>(steps: () => Script<Result>): Promise<Result> {
    // Behind a proxy the limits are set in the transaction.
    if (this.connections.isProxied) return this.write(steps)
    return this.connections.use((client) => this.#run(client, steps()), true)
  }

  async write<Result>(steps: () => Script<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.connections.use(
          (client) => this.#inTransaction(client, () => this.#run(client, steps())),
          true,
        )
      } catch (error) {
        const isLast = attempt > RETRIES || !(error instanceof StoreError && isConflict(error.cause))
        if (isLast) throw error
        await sleep(this.clock, attempt * attempt)
      }
    }
  }

  alone<Result>(pair: LockKey, work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.connections.use(
      (client) =>
        this.#inTransaction(client, async () => {
          const session: Session = {
            transaction: transactionOn(client, this.url),
            run: (steps) => this.#run(client, steps),
          }
          await session.run(this.tables.lockPairs([pair], true))
          return await work(session)
        }),
      false,
    )
  }

  listen(hearer: (notice: HeardNotice) => void): StoreListener {
    return this.#listener.add(hearer)
  }

  close(): Promise<void> {
    this.#listener.stop()
    return this.connections.close()
  }

  #run<Result>(client: pg.PoolClient, steps: Script<Result>): Promise<Result> {
    const isPrepared = !this.connections.isProxied
    return runAsync(steps, (statement) => run(client, statement, isPrepared))
  }

  async #inTransaction<Result>(client: pg.PoolClient, work: () => Promise<Result>): Promise<Result> {
    await client.query(this.connections.begin)
    try {
      const result = await work()
      await client.query('commit')
      return result
    } catch (error) {
      // A connection that can't roll back is seen to be in a transaction still, and ended.
      await client.query('rollback').catch(() => {})
      throw error
    }
  }
}

const names = new Map<string, string>()

/** A statement of ours; prepared once a connection, under a name made of its text, where the connection is our own. */
async function run(
  client: pg.PoolClient,
  { sql, parameters }: Statement,
  isPrepared: boolean,
): Promise<readonly Row[]> {
  const query = { text: numbered(sql), values: [...storableValues(parameters)] }
  const result = await client.query<Row>(isPrepared ? { ...query, name: nameOf(sql) } : query)
  return result.rows
}

function nameOf(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) {
    name = `webstir_${builtin('node:crypto').createHash('sha256').update(sql).digest('hex').slice(0, 24)}`
    names.set(sql, name)
  }
  return name
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
