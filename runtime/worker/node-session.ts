import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { NodeRecord } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { builtin } from '../support/builtin.ts'
import { type Clock, endedWithin, systemClock, type Timer } from '../support/clock.ts'
import { ownIdentity } from '../support/process-identity.ts'
import { uuidv7 } from '../support/uuid.ts'
import { VERSION } from '../support/version.ts'

/** What a process that watches says of itself, beside what is known of every process. */
export type NodeFacts = Pick<NodeRecord, 'manifestHash' | 'engine' | 'queues' | 'slots' | 'jobs'>

/** A process that runs jobs by hand takes nothing from a queue. */
const BY_HAND: NodeFacts = { manifestHash: null, engine: null, queues: [], slots: null, jobs: null }

/** The release of the time-zone data that this process has; null where its Node doesn't say. */
export const TIMEZONE_DATA: string | null = process.versions.tz ?? null

/** How long a node may take to say that it is gone, in ms: a store that is away must not keep a process. */
const FAREWELL = 1000

/**
 * This process as a node of a store: registered while the session is open, alive by its heartbeats, removed when it is
 * closed. Opening an open one and closing a closed one change nothing; a closed one may be opened again.
 */
export class NodeSession {
  readonly id = newNodeId()
  readonly #store: Store
  readonly #clock: Clock
  #facts = BY_HAND
  #fires = false
  #startedAt: number | undefined
  #opened: Promise<void> | undefined
  #heartbeat: { readonly every: number; readonly heartbeat: Heartbeat } | undefined

  constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  /** Registers the node and starts its heartbeat, three times in `staleAfter` ms. One that fails may be tried again. */
  open(staleAfter: number): Promise<void> {
    this.#opened ??= this.#register(false, this.#clock.now()).catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened.then(() => this.#beatEvery(Math.floor(staleAfter / 3)))
  }

  /** Says that this process watches, whether it fires schedules, and when it wakes next at the latest; ms since the epoch. */
  announce(nextWakeAt: number, facts: NodeFacts, fires: boolean): Promise<void> {
    this.#facts = facts
    this.#fires = fires
    return this.#register(fires, nextWakeAt)
  }

  /** Says that this process fires no more, though it isn't gone yet: others then leave nothing to it. */
  async resign(): Promise<void> {
    if (!this.#fires) return
    this.#fires = false
    await endedWithin(this.#clock, FAREWELL, this.#register(false, this.#clock.now()))
  }

  /** Ends the heartbeat and removes the node; a store that is away forgets the node later. */
  async close(): Promise<void> {
    const opened = this.#opened
    if (opened === undefined) return
    this.#opened = undefined
    await opened.catch(() => {})
    // Not awaited: ending its thread takes longer than all else at the end of a short run.
    void this.#heartbeat?.heartbeat.stop()
    this.#heartbeat = undefined
    this.#startedAt = undefined
    await endedWithin(this.#clock, FAREWELL, this.#store.removeNode(this.id, this.#clock.now()))
  }

  /** The shortest interval that was asked for counts. */
  #beatEvery(every: number): void {
    if (this.#opened === undefined || (this.#heartbeat !== undefined && this.#heartbeat.every <= every)) return
    void this.#heartbeat?.heartbeat.stop()
    this.#heartbeat = { every, heartbeat: startHeartbeat(this.#store, this.id, every, this.#clock) }
  }

  #register(fires: boolean, nextWakeAt: number): Promise<void> {
    const now = this.#clock.now()
    this.#startedAt ??= now
    return this.#store.registerNode({
      ...this.#facts,
      id: this.id,
      host: hostname(),
      pid: process.pid,
      version: VERSION,
      identity: ownIdentity(),
      nodeVersion: process.versions.node,
      timezoneData: TIMEZONE_DATA,
      startedAt: this.#startedAt,
      heartbeatAt: now,
      nextWakeAt,
      fires,
      clockOffset: null,
    })
  }
}

/** A new id for this process in the store: says where it runs, and is never used twice. */
function newNodeId(): string {
  return `${hostname()}:${process.pid}:${uuidv7(systemClock.now()).slice(-8)}`
}

/** The host and the process in a node's id, for people. */
export function describeNode(id: string): string {
  const [host = id, pid] = id.split(':')
  return pid === undefined ? host : `${host}, process ${pid}`
}

/** Tells the store regularly that a node is alive, until it is stopped. Stopping twice is safe. */
interface Heartbeat {
  stop(): Promise<void>
}

/** What the heartbeat's thread is started with. */
export interface HeartbeatTask {
  readonly url: string
  readonly node: string
  /** ms between two heartbeats. */
  readonly every: number
}

/**
 * How long without a heartbeat counts as dead, in ms. A store in memory has but one process, which isn't dead while it
 * asks; it needs no heartbeat.
 */
export function deadAfter({ target }: Pick<Store, 'target'>, staleAfter: number): number {
  return target === null ? Number.POSITIVE_INFINITY : staleAfter
}

const WORKER = new URL('./heartbeat.js', import.meta.url)

/**
 * Sends a heartbeat every `every` ms, from a separate thread: a process whose event loop a job blocks is then not taken
 * for dead. Where there is no thread to start (the code runs unbundled), the event loop sends it; a store in memory needs none.
 */
function startHeartbeat(store: Store, node: string, every: number, clock: Clock): Heartbeat {
  if (store.target === null) return { stop: async () => {} }
  if (!existsSync(fileURLToPath(WORKER))) return heartbeatFromLoop(store, node, every, clock)
  const task: HeartbeatTask = { url: store.target, node, every }
  // It writes nothing. Were its output passed on, Node would open this process's own streams for that, which is slow.
  const quiet = { stdout: true, stderr: true }
  const worker = new (builtin('node:worker_threads').Worker)(WORKER, { workerData: task, ...quiet })
  worker.unref()
  let fallback: Heartbeat | undefined
  worker.on('error', () => {
    fallback ??= heartbeatFromLoop(store, node, every, clock)
  })
  let stopped: Promise<void> | undefined
  return {
    stop() {
      stopped ??= Promise.all([worker.terminate(), fallback?.stop()]).then(() => {})
      return stopped
    },
  }
}

function heartbeatFromLoop(store: Store, node: string, every: number, clock: Clock): Heartbeat {
  let timer: Timer
  const schedule = (): void => {
    timer = clock.after(every, heartbeat, { unref: true })
  }
  const heartbeat = (): void => {
    store
      .heartbeat(node, clock.now())
      .catch(() => {})
      .finally(schedule)
  }
  schedule()
  return {
    stop: async () => timer.cancel(),
  }
}
