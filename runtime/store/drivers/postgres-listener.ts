import type pg from 'pg'
import { type Clock, sleep } from '../../support/clock.ts'
import { type HeardNotice, noticeOf, type StoreListener } from '../notices.ts'
import { CHANNEL } from '../sql/notices.ts'
import type { Lease, PostgresConnections } from './postgres-connections.ts'

interface Live {
  readonly client: pg.PoolClient
  readonly lose: () => void
}

type Hearer = (notice: HeardNotice) => void

/** A lost connection is opened again after this, and after twice as long each time that fails, in ms. */
const FIRST_DELAY = 250
const LONGEST_DELAY = 10_000
/** A notification that hasn't come back after this doesn't come back, in ms. */
const ECHO_LIMIT = 5_000

/** What an idle process asks takes less than this: it then needs no second connection, in ms. */
const PATIENCE = 20

const PROXIED =
  'the connection goes through a proxy that pools transactions (such as PgBouncer): LISTEN, prepared statements and session settings do not work through it'

/**
 * One connection that listens to what other processes commit, opened for the first listener and again when
 * it is lost. Between two notices it serves quick statements, so that an idle process needs no other connection.
 */
export class PostgresListener {
  readonly #hearers = new Set<Hearer>()
  #live: Live | undefined
  #isLent = false
  /** Goes on when the connection is free again. */
  #waiter: (() => void) | undefined
  #stopping: AbortController | undefined
  #echo: { readonly token: string; heard(): void } | undefined
  #isUseless = false

  constructor(
    private readonly connections: PostgresConnections,
    private readonly clock: Clock,
  ) {}

  add(hearer: Hearer): StoreListener {
    // Its own object, so that one function may listen twice.
    const own: Hearer = (notice) => hearer(notice)
    this.#hearers.add(own)
    if (this.#isUseless) queueMicrotask(() => own({ kind: 'deaf', reason: PROXIED }))
    else if (this.#stopping === undefined) void this.#listen()
    const isLive = (): boolean => this.#live !== undefined && this.#hearers.has(own)
    return {
      get isLive() {
        return isLive()
      },
      stop: () => {
        this.#hearers.delete(own)
        if (this.#hearers.size === 0) this.stop()
      },
    }
  }

  stop(): void {
    this.#stopping?.abort()
    this.#stopping = undefined
  }

  /**
   * The connection itself, for as long as a quick statement takes; undefined where it is lost or in use. `mayWait`: waits
   * a moment for it to be free.
   */
  async borrow(mayWait: boolean): Promise<Lease | undefined> {
    if (this.#live !== undefined && this.#isLent && mayWait && this.#waiter === undefined) await this.#returned()
    return this.#live === undefined || this.#isLent ? undefined : this.#lend(this.#live)
  }

  #lend(live: Live): Lease {
    this.#isLent = true
    setRef(live.client, true)
    return {
      client: live.client,
      release: (failed) => {
        this.#isLent = false
        if (this.#live !== live) live.client.release(true)
        else if (failed) live.lose()
        else setRef(live.client, false)
        this.#waiter?.()
      },
    }
  }

  #returned(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel()
        this.#waiter = undefined
        resolve()
      }
      const timer = this.clock.after(PATIENCE, go)
      this.#waiter = go
    })
  }

  async #listen(): Promise<void> {
    const stopping = new AbortController()
    const { signal } = stopping
    this.#stopping = stopping
    let delay = FIRST_DELAY
    while (!signal.aborted && !this.#isUseless) {
      try {
        await this.#listenOnce(signal, () => {
          delay = FIRST_DELAY
        })
      } catch {
        // The server is away: those who ask it for something say so.
      }
      await sleep(this.clock, delay, signal, { unref: true })
      delay = Math.min(delay * 2, LONGEST_DELAY)
    }
  }

  /** Until the connection is lost or `signal` is aborted. */
  async #listenOnce(signal: AbortSignal, opened: () => void): Promise<void> {
    const client = await this.connections.take()
    let lose = (): void => {}
    const over = new Promise<void>((resolve) => {
      lose = resolve
    })
    const hear = ({ channel, payload = '' }: pg.Notification): void => {
      if (channel === CHANNEL) this.#hear(payload)
    }
    client.on('error', lose).on('end', lose).on('notification', hear)
    signal.addEventListener('abort', lose, { once: true })
    try {
      await client.query(`listen ${CHANNEL}`)
      if (signal.aborted) return
      if (!(await this.#hearsEcho(signal))) return this.#explainSilence(signal)
      opened()
      setRef(client, false)
      this.#live = { client, lose }
      this.#tell({ kind: 'listening' })
      await over
    } finally {
      client.off('notification', hear)
      const wasLive = this.#live?.client === client
      if (wasLive) this.#live = undefined
      // Ended rather than kept: in the pool it would listen for ever. While it is in use, its user ends it.
      if (!wasLive || !this.#isLent) client.release(true)
      if (wasLive && !signal.aborted) this.#tell({ kind: 'deaf', reason: null })
    }
  }

  /** Sent through another connection: through a proxy, this one's answer may come by chance. */
  async #hearsEcho(signal: AbortSignal): Promise<boolean> {
    const token = `echo ${this.clock.now()} ${Math.random()}`
    const limit = new AbortController()
    const heard = new Promise<boolean>((resolve) => {
      this.#echo = { token, heard: () => resolve(true) }
      signal.addEventListener('abort', () => resolve(false), { once: true })
      void sleep(this.clock, ECHO_LIMIT, limit.signal, { unref: true }).then(() => resolve(false))
    })
    try {
      const notify = (client: pg.PoolClient) => client.query('select pg_notify($1, $2)', [CHANNEL, token])
      await this.connections.use(notify, false)
      return await heard
    } finally {
      this.#echo = undefined
      limit.abort()
    }
  }

  #explainSilence(signal: AbortSignal): void {
    if (signal.aborted || !this.connections.isProxied) return
    this.#isUseless = true
    this.#tell({ kind: 'deaf', reason: PROXIED })
  }

  #hear(payload: string): void {
    if (payload === this.#echo?.token) this.#echo.heard()
    const notice = noticeOf(payload)
    if (notice !== undefined) this.#tell(notice)
  }

  #tell(notice: HeardNotice): void {
    for (const hearer of [...this.#hearers]) hearer(notice)
  }
}

/** Whether the connection keeps the process alive; pg has both methods, its types don't. */
function setRef(client: pg.PoolClient, isRef: boolean): void {
  const name = isRef ? 'ref' : 'unref'
  const method: unknown = Reflect.get(client, name)
  if (typeof method === 'function') method.call(client)
}
