import { hostname } from 'node:os'
import { type Clock, systemClock } from '../clock.ts'
import { parseDuration } from '../duration.ts'
import type { Env } from '../env.ts'
import { JobsError } from '../errors.ts'
import type { DatabaseClient } from '../execution/database.ts'
import { captureConsole, captureStrays, currentFrame } from '../execution/frame.ts'
import { deadAfter } from '../execution/heart.ts'
import type { Surroundings } from '../execution/surroundings.ts'
import type { TenantSource } from '../execution/tenants.ts'
import type { JsonValue } from '../json.ts'
import { type LogOutput, openLog } from '../logging/logger.ts'
import { findJob, type ListedJob, listJobs, type Manifest, problemText } from '../manifest/index.ts'
import type { SchedulerSettings } from '../manifest/job.ts'
import { JobNotFoundError } from '../manifest/not-found.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { VERSION } from '../version.ts'
import type { SchedulerEvents } from './events.ts'
import { findWorkspace } from './find-workspace.ts'
import { attachHooks } from './hooks.ts'
import { type JobInCode, readJobsInCode } from './jobs-in-code.ts'
import { notBuilt } from './not-built.ts'
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
  /** With jobs in code: makes their `database`, anew for each run. A workspace has its createDatabaseClient for that. */
  readonly database?: () => DatabaseClient | Promise<DatabaseClient>
  /** With jobs in code: the tenants of those that are multi-tenant. A workspace has its tenants.ts for that. */
  readonly tenants?: TenantSource | AsyncIterable<unknown> | Iterable<unknown>
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
/** As far from the epoch as a Date can be, in ms. */
const LATEST = 8.64e15

class Bot implements Scheduler {
  readonly #options: SchedulerOptions
  readonly #grace: number
  readonly #listeners = new Set<(loop: SchedulerLoop) => void>()
  #opened: Promise<Opened> | undefined
  /** The loop that is running, or that would run next; being made, at first. */
  #loop: Promise<SchedulerLoop> | undefined
  #watching: Promise<void> | undefined
  #stopping: Promise<void> = Promise.resolve()
  #destroyed: Promise<void> | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#grace = graceOf(options.grace)
  }

  start(): Promise<void> {
    this.#watching ??= this.#watch()
    return this.#watching
  }

  stop(): Promise<void> {
    const loop = this.#loop
    this.#loop = undefined
    this.#watching = undefined
    // One after the other: a second stop waits for what the first one waits for.
    this.#stopping = Promise.all([this.#stopping, loop?.then((made) => made.stop(this.#grace)).catch(() => {})]).then(
      () => {},
    )
    return this.#stopping
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.stop().then(async () => (await this.#opened?.catch(() => undefined))?.close())
    return this.#destroyed
  }

  async runBackgroundJobs(unixTime: number | Date): Promise<void> {
    const from = unixTime instanceof Date ? unixTime.getTime() : unixTime * 1000
    if (!(Math.abs(from) <= LATEST)) {
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
    // Called by a job of this scheduler, it runs on behalf of that one.
    const frame = currentFrame()
    await loop.call(name, args, frame?.call === loop.call ? frame : undefined)
  }

  async jobs(): Promise<ListedJob[]> {
    const { manifest, loopOptions, build } = await this.#open()
    const unknown = build === null ? {} : { unknownInCode: notBuilt(manifest, build) }
    return listJobs(manifest, loopOptions.around.clock.now(), unknown)
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
    this.#listeners.add(attach)
    // One whose making failed has nothing to tell; whoever asked for it was told why.
    void this.#loop?.then(attach, () => {})
    return () => {
      isListening = false
      this.#listeners.delete(attach)
    }
  }

  async #watch(): Promise<void> {
    try {
      const loop = await this.#current()
      await this.#tellProblems()
      await loop.start()
    } catch (error) {
      // What can't begin now may later.
      this.#watching = undefined
      throw error
    }
  }

  async #tellProblems(): Promise<void> {
    const { manifest, loopOptions } = await this.#open()
    const { root } = loopOptions.around.log
    for (const problem of manifest.problems) {
      root[problem.severity === 'error' ? 'error' : 'warn'](problemText(problem))
    }
  }

  #current(): Promise<SchedulerLoop> {
    this.#loop ??= this.#make().catch((error: unknown) => {
      this.#loop = undefined
      throw error
    })
    return this.#loop
  }

  async #make(): Promise<SchedulerLoop> {
    const { loopOptions, manifest, build } = await this.#open()
    const loop = new SchedulerLoop(loopOptions)
    for (const attach of this.#listeners) attach(loop)
    if (manifest.settings.hooks !== undefined && build !== null) {
      await attachHooks(loop.events, build, manifest.settings.hooks, loopOptions.around.log.root)
    }
    return loop
  }

  async #open(): Promise<Opened> {
    if (this.#destroyed !== undefined) {
      throw new JobsError('SCHEDULER_DESTROYED', 'this scheduler was destroyed', { hint: 'make another one' })
    }
    this.#opened ??= open(this.#options).catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }
}

async function open(options: SchedulerOptions): Promise<Opened> {
  const opened = options.jobs === undefined ? await openBuilt(options) : await openInCode(options, options.jobs)
  captureConsole()
  captureStrays()
  return opened
}

async function openBuilt(options: SchedulerOptions): Promise<Opened> {
  const { store: given, settings, log, env } = options
  const workspace = await openWorkspace(placeOf(options.workspace ?? findWorkspace()), {
    clock: options.clock ?? systemClock,
    ...(env === undefined ? {} : { env }),
    ...(log === undefined ? {} : { log }),
    ...(given === undefined ? {} : { store: given }),
    ...(settings === undefined ? {} : { settings }),
  })
  const { manifest, around, store, place } = workspace
  return {
    manifest,
    loopOptions: loopOptionsOf(options, manifest, around),
    store,
    build: place.build,
    close: () => workspace.close(),
  }
}

async function openInCode(options: SchedulerOptions, jobs: readonly JobInCode[]): Promise<Opened> {
  const env = options.env ?? process.env
  const clock = options.clock ?? systemClock
  const { manifest, modules } = await readJobsInCode(jobs, options.settings ?? {}, env)
  const { store: given, database, tenants } = options
  const store = typeof given === 'object' ? given : await openStore(given, { env })
  const log = options.log ?? openLog({ env, redact: manifest.settings.redact })
  const around: Surroundings = {
    store,
    clock,
    log,
    env,
    modules,
    staleAfter: deadAfter(store, manifest.settings.staleAfter),
    ...(database === undefined ? {} : { openDatabase: async () => database() }),
    ...(tenants === undefined ? {} : { openTenants: async () => tenants }),
  }
  const close = async (): Promise<void> => {
    if (typeof given !== 'object') await store.close()
  }
  return { manifest, loopOptions: loopOptionsOf(options, manifest, around), store, build: null, close }
}

function loopOptionsOf(
  { firesReboots = true }: SchedulerOptions,
  manifest: Manifest,
  around: Surroundings,
): SchedulerLoopOptions {
  const about = { version: VERSION, host: hostname(), pid: process.pid }
  return { ...about, jobs: manifest.jobs, settings: manifest.settings, around, firesReboots, hasAllJobs: true }
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
