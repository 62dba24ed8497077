import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Store } from '../store/store.ts'
import { builtin } from '../support/builtin.ts'
import { type Clock, systemClock, type Timer } from '../support/clock.ts'
import { uuidv7 } from '../support/uuid.ts'

/** A new id for this process in the store: says where it runs, and is never used twice. */
export function newNodeId(): string {
  return `${hostname()}:${process.pid}:${uuidv7(systemClock.now()).slice(-8)}`
}

/** The host and the process in a node's id, for people. */
export function describeNode(id: string): string {
  const [host = id, pid] = id.split(':')
  return pid === undefined ? host : `${host}, process ${pid}`
}

/** Keeps telling the store that a node is alive, until it is stopped. Stopping twice is safe. */
export interface Heartbeat {
  stop(): Promise<void>
}

/** What the heartbeat's thread is started with. */
export interface HeartbeatTask {
  readonly url: string
  readonly node: string
  /** ms between two beats. */
  readonly every: number
}

/**
 * How long without a heartbeat counts as dead, in ms. A store in memory has but one process, which isn't dead while it
 * asks; nothing beats for it.
 */
export function deadAfter({ target }: Pick<Store, 'target'>, staleAfter: number): number {
  return target === null ? Number.POSITIVE_INFINITY : staleAfter
}

const WORKER = new URL('./heartbeat.js', import.meta.url)

/**
 * Starts beating every `every` ms, from a thread of its own: a job that blocks the event loop is then not taken for
 * dead. Where there is no thread to start (the code runs unbundled), the event loop beats; a store in memory needs no beat.
 */
export function startHeartbeat(store: Store, node: string, every: number, clock: Clock): Heartbeat {
  if (store.target === null) return { stop: async () => {} }
  if (!existsSync(fileURLToPath(WORKER))) return heartbeatFromLoop(store, node, every, clock)
  const task: HeartbeatTask = { url: store.target, node, every }
  // It says nothing. Were its output passed on, Node would open this process's own streams for that, which is slow.
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
