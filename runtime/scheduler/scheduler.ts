import { hostname } from 'node:os'
import type { Enqueue, EnqueueOptions, JobHandle } from '../job/enqueue.ts'
import { openLog } from '../logging/logger.ts'
import { type ListedJob, listJobs, problemText } from '../manifest/index.ts'
import { jobNamed } from '../manifest/job-names.ts'
import { durationOf } from '../support/duration.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { currentScope } from '../worker/job-scope.ts'
import { withCodeTenancy } from '../workspace/code-tenancy.ts'
import { notBuilt } from '../workspace/read-workspace.ts'
import { attachHooks, type SchedulerEvents } from './events.ts'
import { SchedulerLoop } from './loop.ts'
import { type Opened, open, type SchedulerOptions } from './open-scheduler.ts'
import { registerScheduler, unregisterScheduler } from './process-scheduler.ts'
import { openWhenThere } from './reconnect.ts'

/** A scheduler as an object. Two of them in one process are independent of each other. */
export interface Scheduler {
  /** Watches; resolves when the loop has ended, rejects if it can't start. A stopped scheduler may be started again. */
  start(): Promise<void>
  /** Stops firing and waits for what runs. Stopping twice, and before starting, is safe. */
  stop(): Promise<void>
  /** Stops, and closes the store that it opened. It can't be used again; calling this twice is safe. */
  destroy(): Promise<void>
  /**
   * Runs what is due at one second, past or still to come, now, and resolves when all of it is done, retries and
   * tenants included. Each fire runs once, however often and in however many processes this is called; one that was
   * claimed before is not waited for. `unixTime`: seconds since the epoch, or a Date.
   */
  runBackgroundJobs(unixTime: number | Date): Promise<void>
  /**
   * Runs one job now and waits for it, retries included. Inside a job of this scheduler it runs as that one's child, in
   * its slot. Rejects with the job's own error, or with a JobNotFoundError, JobLockedError or JobNotStartedError.
   */
  run(name: string, ...args: JsonValue[]): Promise<JsonValue | undefined>
  /** The same as `run`, but that it resolves to undefined. */
  runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void>
  /**
   * Hands a job over, for some scheduler that watches to run; resolves as soon as the store has it. `args`: those of the
   * job's entry where none are given. Rejects with a JobNotFoundError, EnqueueError, JobNotStartedError or StoreError.
   */
  enqueue(name: string, args?: readonly JsonValue[], options?: EnqueueOptions): Promise<JobHandle>
  /** Its jobs and when each runs next, as `--list --json` prints them. */
  jobs(): Promise<ListedJob[]>
  /** Pauses a job for every scheduler on the same store, until it is resumed. */
  pause(name: string, reason?: string): Promise<void>
  resume(name: string): Promise<void>
  /** Calls `listener` for each event of that name; the function that it returns stops that. */
  on<Name extends keyof SchedulerEvents>(name: Name, listener: (event: SchedulerEvents[Name]) => unknown): () => void
}

/** Makes a scheduler. Nothing is opened before its first use. Throws a JobsError for a `shutdownTimeout` that is not a duration. */
export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  return new DefaultScheduler(options)
}

const SHUTDOWN_TIMEOUT = 30_000
/** As far from the epoch as a Date can be, in ms. */
const LATEST = 8.64e15

class DefaultScheduler implements Scheduler {
  readonly #options: SchedulerOptions
  readonly #shutdownTimeout: number
  readonly #listeners = new Set<(loop: SchedulerLoop) => void>()
  #opened: Promise<Opened> | undefined
  /** The loop that is running, or that would run next; being made, at first. */
  #loop: Promise<SchedulerLoop> | undefined
  #watching: Promise<void> | undefined
  /** Aborted where it is stopped while it waits for its store. */
  #waiting: AbortController | undefined
  #stopping: Promise<void> = Promise.resolve()
  #destroyed: Promise<void> | undefined

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#shutdownTimeout = shutdownTimeoutOf(options.shutdownTimeout)
    registerScheduler(this)
  }

  start(): Promise<void> {
    this.#watching ??= this.#watch()
    return this.#watching
  }

  stop(): Promise<void> {
    const loop = this.#loop
    this.#loop = undefined
    this.#watching = undefined
    this.#waiting?.abort()
    // One after the other: a second stop waits for what the first one waits for.
    this.#stopping = Promise.all([
      this.#stopping,
      loop?.then((made) => made.stop(this.#shutdownTimeout)).catch(() => {}),
    ]).then(() => {})
    return this.#stopping
  }

  destroy(): Promise<void> {
    unregisterScheduler(this)
    this.#destroyed ??= this.stop().then(async () => (await this.#opened?.catch(() => undefined))?.close())
    return this.#destroyed
  }

  async runBackgroundJobs(unixTime: number | Date): Promise<void> {
    const from = unixTime instanceof Date ? unixTime.getTime() : unixTime * 1000
    if (!(Math.abs(from) <= LATEST)) {
      throw new JobsError('UNIX_TIME', `runBackgroundJobs was given ${String(unixTime)}, which is not a valid time`, {
        hint: 'pass seconds since 1970-01-01T00:00:00Z, or a Date',
      })
    }
    const second = Math.floor(from / 1000) * 1000
    await (await this.#current()).fireBetween(second, second + 1000)
  }

  async run(name: string, ...args: JsonValue[]): Promise<JsonValue | undefined> {
    const loop = await this.#current()
    await loop.ready()
    // Called by a job of this scheduler, it runs on behalf of that one.
    const frame = currentScope()
    return loop.call(name, args, frame?.call === loop.call ? frame : undefined)
  }

  async runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void> {
    await this.run(name, ...args)
  }

  readonly enqueue: Enqueue = async (name, args, options) => {
    return (await this.#current()).enqueue(name, args, options)
  }

  async jobs(): Promise<ListedJob[]> {
    const { manifest, loopOptions, build } = await this.#open()
    const unknown = build === null ? {} : { unknownInCode: notBuilt(manifest, build) }
    const listed = listJobs(manifest, loopOptions.services.clock.now(), unknown)
    if (build !== null) return listed
    const names = new Set(listed.map(({ name }) => name))
    return [...(await withCodeTenancy(listed, loopOptions.services.modules, names))]
  }

  async pause(name: string, reason?: string): Promise<void> {
    const { manifest, store, loopOptions } = await this.#open()
    await store.pause(jobNamed(manifest, name).name, hostname(), reason ?? null, loopOptions.services.clock.now())
  }

  async resume(name: string): Promise<void> {
    const { manifest, store, loopOptions } = await this.#open()
    await store.resume(jobNamed(manifest, name).name, loopOptions.services.clock.now())
  }

  on<Name extends keyof SchedulerEvents>(name: Name, listener: (event: SchedulerEvents[Name]) => unknown): () => void {
    let isListening = true
    const attach = (loop: SchedulerLoop): void => {
      loop.events.on(name, (event) => (isListening ? listener(event) : undefined))
    }
    this.#listeners.add(attach)
    // A loop that could not be made emits nothing, and its caller has the error.
    void this.#loop?.then(attach, () => {})
    return () => {
      isListening = false
      this.#listeners.delete(attach)
    }
  }

  async #watch(): Promise<void> {
    const waiting = new AbortController()
    this.#waiting = waiting
    try {
      const { env, log } = this.#options
      const loop = await openWhenThere(
        waiting.signal,
        () => this.#current(),
        () => log ?? openLog(env === undefined ? {} : { env }),
      )
      if (loop === undefined) return
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
    const { root } = loopOptions.services.log
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
      await attachHooks(loop.events, build, manifest.settings.hooks, loopOptions.services.log.root)
    }
    return loop
  }

  async #open(): Promise<Opened> {
    if (this.#destroyed !== undefined) {
      throw new JobsError('SCHEDULER_DESTROYED', 'this scheduler was destroyed', { hint: 'create another one' })
    }
    this.#opened ??= open(this.#options).catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }
}

function shutdownTimeoutOf(given: string | number | undefined): number {
  if (given === undefined) return SHUTDOWN_TIMEOUT
  const milliseconds = durationOf(given)
  if (milliseconds !== undefined) return milliseconds
  throw new JobsError('SHUTDOWN_TIMEOUT', `createScheduler: shutdownTimeout ${show(given)} is not a valid duration`, {
    hint: 'pass a text such as "30s", or milliseconds',
  })
}

const show = (given: string | number): string => (typeof given === 'string' ? JSON.stringify(given) : String(given))
