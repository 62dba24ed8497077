import { hostname } from 'node:os'
import { type Clock, systemClock } from '../clock.ts'
import { parseDuration } from '../duration.ts'
import type { Env } from '../env.ts'
import { JobsError } from '../errors.ts'
import { captureConsole } from '../execution/frame.ts'
import type { JsonValue } from '../json.ts'
import { type LogOutput, openLog } from '../logging/logger.ts'
import { findJob, type ListedJob, listJobs, type Manifest } from '../manifest/index.ts'
import type { SchedulerSettings } from '../manifest/job.ts'
import { JobNotFoundError } from '../manifest/not-found.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { VERSION } from '../version.ts'
import type { SchedulerEvents } from './events.ts'
import { findWorkspace } from './find-workspace.ts'
import { attachHooks } from './hooks.ts'
import { type JobInCode, readJobsInCode } from './jobs-in-code.ts'
import { placeOf } from './read-workspace.ts'
import { SchedulerLoop, type SchedulerLoopOptions } from './scheduler.ts'
import { openWorkspace } from './workspace.ts'

export interface SchedulerOptions {
  /** Root of a built workspace; default `WORKSPACE_ROOT`, else the nearest one from the current folder upward. */
  readonly workspace?: string
  /** Jobs in code, instead of a workspace's. */
  readonly jobs?: readonly JobInCode[]
  /** A store, or its URL; default as the environment says. One that is handed over stays open at `destroy`. */
  readonly store?: Store | string
  /** Overrides `webstir.scheduler`. Durations in ms. */
  readonly settings?: Partial<SchedulerSettings>
  /** How long running jobs may take to finish on `stop`: a text such as `30s`, or ms; default 30 s. */
  readonly grace?: string | number
  /** False: `@reboot` schedules don't fire; default true. */
  readonly firesReboots?: boolean
  readonly log?: LogOutput
  readonly env?: Env
  readonly clock?: Clock
}

/** A scheduler as an object. Two of them in one process don't disturb each other. */
export interface Scheduler {
  /** Watches; resolves when the loop has ended, rejects if it can't begin. A stopped one may be started again. */
  start(): Promise<void>
  /** Stops firing and waits for what runs. Stopping twice, and before starting, is safe. */
  stop(): Promise<void>
  /** Stops, and lets go of store and log, once. */
  destroy(): Promise<void>
  /**
   * Claims and runs the fires of one second, and resolves when all of it is done; each fire once, however often it is
   * called. `unixTime`: seconds since the epoch, or a Date.
   */
  runBackgroundJobs(unixTime: number | Date): Promise<void>
  /** Runs one job now. Rejects with its own error, or with a JobNotFoundError. */
  runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void>
  jobs(): Promise<ListedJob[]>
  pause(name: string, reason?: string): Promise<void>
  resume(name: string): Promise<void>
  /** Listens; the result stops listening. */
  on<Name extends keyof SchedulerEvents>(name: Name, listener: (event: SchedulerEvents[Name]) => unknown): () => void
}

interface Opened {
  readonly manifest: Manifest
  readonly loopOptions: SchedulerLoopOptions
  readonly store: Store
  /** Of build/backend; null for jobs in code. */
  readonly build: string | null
  close(): Promise<void>
}

/** Makes a scheduler; nothing is opened before it is first used. */
export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  return new Bot(options)
}

const GRACE = 30_000

class Bot implements Scheduler {
  readonly #options: SchedulerOptions
  readonly #grace: number
  readonly #listeners: ((loop: SchedulerLoop) => void)[] = []
  #opened: Promise<Opened> | undefined
  #loop: SchedulerLoop | undefined
  #watching: Promise<void> | undefined
  #destroyed: Promise<void> | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#grace = graceOf(options.grace)
  }

  async start(): Promise<void> {
    this.#watching ??= this.#current().then((loop) => loop.start())
    return this.#watching
  }

  async stop(): Promise<void> {
    const loop = this.#loop
    await loop?.stop(this.#grace)
    if (this.#loop === loop) this.#loop = undefined
    this.#watching = undefined
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.stop().then(async () => (await this.#opened?.catch(() => undefined))?.close())
    return this.#destroyed
  }

  async runBackgroundJobs(unixTime: number | Date): Promise<void> {
    const from = unixTime instanceof Date ? unixTime.getTime() : unixTime * 1000
    if (!Number.isFinite(from)) {
      throw new JobsError('UNIX_TIME', `runBackgroundJobs was given ${String(unixTime)}, which is no time`, {
        hint: 'pass seconds since 1970-01-01T00:00:00Z, or a Date',
      })
    }
    const second = Math.floor(from / 1000) * 1000
    await (await this.#current()).fireBetween(second, second + 1000)
  }

  async runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void> {
    const loop = await this.#current()
    await loop.ready()
    await loop.call(name, args)
  }

  async jobs(): Promise<ListedJob[]> {
    const { manifest, loopOptions } = await this.#open()
    return listJobs(manifest, loopOptions.around.clock.now())
  }

  async pause(name: string, reason?: string): Promise<void> {
    const { manifest, store, loopOptions } = await this.#open()
    await store.pause(named(manifest, name), loopOptions.host, reason ?? null, loopOptions.around.clock.now())
  }

  async resume(name: string): Promise<void> {
    const { manifest, store, loopOptions } = await this.#open()
    await store.resume(named(manifest, name), loopOptions.around.clock.now())
  }

  on<Name extends keyof SchedulerEvents>(name: Name, listener: (event: SchedulerEvents[Name]) => unknown): () => void {
    let isListening = true
    const attach = (loop: SchedulerLoop): void => {
      loop.events.on(name, (event) => (isListening ? listener(event) : undefined))
    }
    this.#listeners.push(attach)
    if (this.#loop !== undefined) attach(this.#loop)
    return () => {
      isListening = false
      this.#listeners.splice(this.#listeners.indexOf(attach), 1)
    }
  }

  /** The loop that is running, or that would run next. */
  async #current(): Promise<SchedulerLoop> {
    if (this.#destroyed !== undefined) {
      throw new JobsError('SCHEDULER_DESTROYED', 'this scheduler was destroyed', { hint: 'make another one' })
    }
    const { loopOptions, manifest, build } = await this.#open()
    if (this.#loop !== undefined) return this.#loop
    const loop = new SchedulerLoop(loopOptions)
    this.#loop = loop
    for (const attach of this.#listeners) attach(loop)
    const { hooks } = manifest.settings
    if (hooks !== undefined && build !== null) await attachHooks(loop.events, build, hooks, loopOptions.around.log.root)
    return loop
  }

  #open(): Promise<Opened> {
    this.#opened ??= open(this.#options)
    return this.#opened
  }
}

async function open(options: SchedulerOptions): Promise<Opened> {
  const clock = options.clock ?? systemClock
  const common = { version: VERSION, host: hostname(), pid: process.pid, firesReboots: options.firesReboots ?? true }
  if (options.jobs === undefined) {
    const root = options.workspace ?? findWorkspace()
    const { store: given, settings, log, env } = options
    const workspace = await openWorkspace(placeOf(root), {
      clock,
      ...(env === undefined ? {} : { env }),
      ...(log === undefined ? {} : { log }),
      ...(given === undefined ? {} : { store: given }),
      ...(settings === undefined ? {} : { settings }),
    })
    const { manifest, around, store, place } = workspace
    const loopOptions = { ...common, jobs: manifest.jobs, settings: manifest.settings, around, hasAllJobs: true }
    const close = typeof given === 'object' ? async () => {} : () => workspace.close()
    return { manifest, loopOptions, store, build: place.build, close }
  }
  const env = options.env ?? process.env
  const { manifest, modules } = await readJobsInCode(options.jobs, options.settings ?? {}, env)
  const store = typeof options.store === 'object' ? options.store : await openStore(options.store, { env })
  const log = options.log ?? openLog({ env, redact: manifest.settings.redact })
  captureConsole()
  const { staleAfter } = manifest.settings
  const around = { store, clock, log, env, modules, staleAfter }
  const loopOptions = { ...common, jobs: manifest.jobs, settings: manifest.settings, around, hasAllJobs: true }
  const close = typeof options.store === 'object' ? async () => {} : () => store.close()
  return { manifest, loopOptions, store, build: null, close }
}

function named(manifest: Manifest, name: string): string {
  const job = findJob(manifest.jobs, name)
  if (job !== undefined) return job.name
  throw new JobNotFoundError(
    name,
    manifest.jobs.map((known) => known.name),
  )
}

function graceOf(given: string | number | undefined): number {
  if (given === undefined) return GRACE
  const grace = typeof given === 'number' ? given : parseDuration(given)
  if (grace !== undefined && grace >= 0) return grace
  throw new JobsError('GRACE', `grace ${JSON.stringify(given)} is no duration`, {
    hint: 'such as "30s", or 30000 (ms)',
  })
}
