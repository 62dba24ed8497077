import type pg from 'pg'
import { builtin } from '../../support/builtin.ts'
import { type Clock, sleep } from '../../support/clock.ts'
import { ClockOffset } from '../clock-offset.ts'
import type { Driver, Session } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { StoreTransaction } from '../job-store.ts'
import type { LockKey } from '../locks.ts'
import type { HeardNotice, StoreListener } from '../notices.ts'
import { number } from '../sql/rows.ts'
import { storableValues } from '../sql/storable-text.ts'
import { inStoreTime } from '../sql/store-time.ts'
import { sqlTables } from '../sql/tables.ts'
import { type Row, runInTrips, type Script, type Statement } from '../transaction-script.ts'
import { sendBatch } from './postgres-batch.ts'
import { type ConnectionLimits, PostgresConnections } from './postgres-connections.ts'
import { isConflict, isConnectionLoss, postgresError } from './postgres-errors.ts'
import { PostgresListener } from './postgres-listener.ts'

export interface PostgresOptions extends ConnectionLimits {
  readonly clock: Clock
}

/** Rounded down, as Date.now() is. */
const SERVER_CLOCK: Statement = {
  sql: 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  parameters: [],
}

/** How often a transaction that lost a conflict is run again. */
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
  readonly #offset = new ClockOffset()
  readonly tables = inStoreTime(sqlTables('postgres'), () => this.#offset.milliseconds)
  readonly #listener: PostgresListener

  constructor(
    private readonly connections: PostgresConnections,
    location: { target: string; shown: string },
    private readonly clock: Clock,
  ) {
    this.url = location.shown
    this.target = location.target
    this.#listener = new PostgresListener(connections, clock)
    connections.shareWith((mayWait) => this.#listener.borrow(mayWait))
  }

  read<Result>(steps: () => Script<Result>): Promise<Result> {
    // Behind a proxy the limits are set in the transaction.
    if (this.connections.isProxied) return this.write(steps)
    return this.connections.use((client) => runInTrips(steps(), (statements) => this.#send(client, statements)), true)
  }

  async write<Result>(steps: () => Script<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.connections.use(
          (client) =>
            rollingBack(client, () =>
              runInTrips(steps(), (statements) => this.#send(client, statements), {
                first: this.connections.begin,
                last: [COMMIT],
              }),
            ),
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
        rollingBack(client, async () => {
          const send = (statements: readonly Statement[]) => this.#send(client, statements)
          const session: Session = {
            transaction: transactionOn(client, this.url),
            run: (steps) => runInTrips(steps, send),
          }
          await runInTrips(this.tables.lockPairs([pair], true), send, { first: this.connections.begin })
          const result = await work(session)
          await send([COMMIT])
          return result
        }),
      false,
    )
  }

  get clockOffset(): number {
    return this.#offset.milliseconds
  }

  measureClock(): Promise<void> {
    return this.connections.use(async (client) => {
      const sent = this.clock.now()
      const [row] = await this.#send(client, [SERVER_CLOCK])
      if (row !== undefined) this.#offset.measured(sent, number(row, 'now'), this.clock.now())
    }, true)
  }

  listen(hearer: (notice: HeardNotice) => void): StoreListener {
    return this.#listener.add(hearer)
  }

  close(): Promise<void> {
    this.#listener.stop()
    return this.connections.close()
  }

  /** Prepared once a connection, under names made of their texts, where the connection is our own. */
  #send(client: pg.PoolClient, statements: readonly Statement[]): Promise<readonly Row[]> {
    return sendBatch(
      client,
      statements.map(({ sql, parameters }) => ({
        name: this.connections.isProxied ? '' : nameOf(sql),
        text: numbered(sql),
        values: storableValues(parameters),
      })),
    )
  }
}

const COMMIT: Statement = { sql: 'commit', parameters: [] }

/** Ends the transaction that a failure left open. A connection that can't is found to be in one still, and ended. */
async function rollingBack<Result>(client: pg.PoolClient, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    // A connection that gives no answer isn't asked again: the server ends its transaction with it.
    if (!isConnectionLoss(error)) await client.query('rollback').catch(() => {})
    throw error
  }
}

const names = new Map<string, string>()

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
      'the store in PostgreSQL needs the package pg, which is not installed',
      {
        hint: 'run "npm install pg", or set JOBS_STORE_URL to another store',
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
