import type pg from 'pg'
import { messageOf } from '../../support/errors.ts'
import { driverCode, StoreError } from '../errors.ts'
import type { Statement } from '../transaction-script.ts'
import { postgresError } from './postgres-errors.ts'

export interface ConnectionLimits {
  /** How long to wait for a lock, in ms. */
  readonly busyLimit: number
  /** Connections at once. */
  readonly connections: number
}

/** A connection in use. `failed`: don't use it again. */
export interface Lease {
  readonly client: pg.PoolClient
  release(failed: boolean): void
}

/** A server that doesn't answer within this many ms is away. */
const CONNECT_LIMIT = 5_000
/** A connection that was idle for this long is closed, in ms. */
const IDLE_LIMIT = 30_000
/** PostgreSQL's bigint: our times and counts all fit a double. */
const BIGINT = 20

/**
 * A connection keeps the plans of its statements. One that was made while nothing was queued would read the whole table
 * of open executions, which is right then, and ruinous with 100,000 queued a moment later. Every statement has its index.
 */
const PLANNING = '-c enable_seqscan=off'

/**
 * How long the server lets us wait, in ms. It gives up before the client does: a client that leaves first would leave a
 * backend behind that goes on with a statement whose answer is of no use. A transaction that lost its client, or
 * whose client is busy with something else, is rolled back as soon, so a COMMIT that a network held back finds none.
 */
function serverLimits({ busyLimit }: ConnectionLimits) {
  return {
    lock_timeout: busyLimit,
    statement_timeout: busyLimit + CONNECT_LIMIT / 2,
    idle_in_transaction_session_timeout: busyLimit + CONNECT_LIMIT,
  }
}

/**
 * The connections of one driver. Those that break are replaced when the next call needs one.
 *
 * Through a proxy that pools connections (PgBouncer), the settings of a session, prepared statements and LISTEN belong
 * to a connection of the proxy's and not to ours: limits are then set in each transaction, and nothing is prepared.
 */
export class PostgresConnections {
  /** What every transaction begins with. */
  readonly begin: readonly Statement[]
  readonly #pool: pg.Pool
  #borrow: ((mayWait: boolean) => Promise<Lease | undefined>) | undefined
  #isClosed = false

  private constructor(
    pool: pg.Pool,
    /** Whether a proxy is between us and the server. */
    readonly isProxied: boolean,
    private readonly url: string,
    limits: ConnectionLimits,
  ) {
    this.#pool = pool
    const settings = Object.entries(serverLimits(limits)).map(([name, value]) => `set local ${name} = ${value}`)
    this.begin = ['begin', ...(isProxied ? settings : [])].map((sql) => ({ sql, parameters: [] }))
  }

  /** Connects once, to see that the server is there and whether it is reached directly. Throws StoreError. */
  static async open(
    driver: typeof pg,
    location: { target: string; shown: string },
    limits: ConnectionLimits,
  ): Promise<PostgresConnections> {
    const direct = poolOf(driver, location.target, limits, true)
    try {
      return new PostgresConnections(direct, await isProxied(direct), location.shown, limits)
    } catch (error) {
      await direct.end()
      if (!isSettingRefused(error)) throw postgresError(error, location.shown)
    }
    const proxied = poolOf(driver, location.target, limits, false)
    try {
      await isProxied(proxied)
      return new PostgresConnections(proxied, true, location.shown, limits)
    } catch (error) {
      await proxied.end()
      throw postgresError(error, location.shown)
    }
  }

  /**
   * Passes a connection to `work`; one that failed, or was left in a transaction, isn't used again. Quick work may get
   * the one that listens, which receives nothing meanwhile.
   */
  async use<Result>(work: (client: pg.PoolClient) => Promise<Result>, isQuick: boolean): Promise<Result> {
    const { client, release } =
      (isQuick ? await this.#borrow?.(this.#pool.idleCount === 0) : undefined) ?? (await this.#lease())
    let failed = false
    try {
      return await work(client)
    } catch (error) {
      const known = postgresError(error, this.url)
      failed = known instanceof StoreError && known.code === 'STORE_UNAVAILABLE'
      throw known
    } finally {
      release(failed || client.getTransactionStatus() !== 'I')
    }
  }

  async #lease(): Promise<Lease> {
    const client = await this.take()
    return { client, release: (failed) => client.release(failed) }
  }

  /** A connection for as long as the caller wants, to be released by it. */
  async take(): Promise<pg.PoolClient> {
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', `the store ${this.url} is closed`)
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw postgresError(error, this.url)
    }
  }

  /** Has quick work ask here first; undefined where the connection isn't free. */
  shareWith(borrow: (mayWait: boolean) => Promise<Lease | undefined>): void {
    this.#borrow = borrow
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.end()
  }
}

function poolOf(driver: typeof pg, target: string, limits: ConnectionLimits, withSettings: boolean): pg.Pool {
  const { busyLimit, connections } = limits
  const { types } = driver
  const pool = new driver.Pool({
    Client: listened(driver),
    connectionString: target,
    max: connections,
    connectionTimeoutMillis: CONNECT_LIMIT,
    idleTimeoutMillis: IDLE_LIMIT,
    // What waits for an answer keeps the process alive; a connection that is only kept for later doesn't.
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: 'webstir-jobs',
    ...(withSettings ? { ...serverLimits(limits), options: PLANNING } : {}),
    query_timeout: busyLimit + CONNECT_LIMIT,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === BIGINT ? Number : types.getTypeParser(oid, format === 'binary' ? 'text' : format),
    },
  })
  // A connection that breaks while it is idle needs no report: the next call opens another.
  pool.on('error', () => {})
  return pool
}

/**
 * pg's client with a listener for errors from the moment it is made. The pool listens only to those that are idle: one
 * that was lost in the moment of being acquired or ended emitted an error without a listener, which ends the process.
 */
function listened(driver: typeof pg): typeof pg.Client {
  return class extends driver.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      this.on('error', () => {})
    }
  }
}

/** A proxy gives its clients other process ids, because a connection of a client isn't one of the server's. */
async function isProxied(pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect()
  let failed = true
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    failed = false
    return 'processID' in client && client.processID !== rows[0]?.pid
  } finally {
    client.release(failed)
  }
}

/** PgBouncer refuses a connection that begins with settings of a session. */
function isSettingRefused(error: unknown): boolean {
  return driverCode(error) === '08P01' && /startup parameter/i.test(messageOf(error))
}
