import { LocalEngine } from '../engine/local-engine.ts'
import type { Enqueue } from '../job/enqueue.ts'
import type { CronPlans, Job, SchedulerSettings } from '../manifest/types.ts'
import { sleep } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import { type CallJob, withCalls } from '../worker/calls.ts'
import type { FailureDetector } from '../worker/failure-detector.ts'
import type { JobRunner } from '../worker/job-runner.ts'
import { NodeSession } from '../worker/node-session.ts'
import { RunningExecutions } from '../worker/running-executions.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { Slots } from '../worker/slots.ts'
import { StoreOutage } from '../worker/store-outage.ts'
import { LoopSchedules, type ScheduleCursor } from './cursor.ts'
import { DueQueue } from './due-queue.ts'
import { SchedulerEmitter } from './events.ts'
import { FireClaimer } from './fire-claimer.ts'
import { dueFires, fireReboots, firesBetween, invalidFires, nextAfter } from './fires.ts'
import { GapDetector } from './gap-detector.ts'
import { Maintenance } from './maintenance.ts'
import { Reconnect } from './reconnect.ts'
import { Report } from './report.ts'

export interface SchedulerLoopOptions {
  readonly jobs: readonly Job[]
  /** Expressions that the build has read (Manifest.plans). */
  readonly plans?: CronPlans | undefined
  readonly settings: SchedulerSettings
  readonly services: WorkerServices
  /** False where `@reboot` jobs have fired already (in development it is started again after each change). */
  readonly firesReboots: boolean
  /** False where only some of the manifest's jobs are watched: the others' schedules then stay as they are. */
  readonly hasAllJobs: boolean
}

/** The longest sleep, in ms: after it, a stepped clock and a machine that slept are noticed, however far the next fire is. */
const LONGEST_SLEEP = 60_000
/** The loop says at least this often that it is on time, in ms. */
const REPORT_EVERY = 5000

/**
 * The loop that turns schedules into fires. A timer is only a wake-up: what is due is decided by the clock, and what
 * is claimed by the store. `start` resolves when the loop has ended; stopping twice, and before starting, is safe.
 */
export class SchedulerLoop {
  readonly node: string
  readonly events: SchedulerEmitter
  readonly engine: LocalEngine
  readonly report: Report
  /** Runs jobs by hand in this process. */
  readonly runner: JobRunner
  readonly call: CallJob
  readonly enqueue: Enqueue
  readonly #options: SchedulerLoopOptions
  readonly #queue = new DueQueue<ScheduleCursor>()
  readonly #stopping = new AbortController()
  readonly #reconnect: Reconnect
  readonly #detector: FailureDetector
  readonly #session: NodeSession
  readonly #schedules: LoopSchedules
  readonly #gaps = new GapDetector()
  readonly #claimer: FireClaimer
  #ended: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(options: SchedulerLoopOptions) {
    const { settings, jobs } = options
    const outage = new StoreOutage(options.services.clock, options.services.log.root)
    const base = { ...options.services, outage, onQueued: () => this.engine.lookAtQueue() }
    this.#session = new NodeSession(base)
    this.node = this.#session.id
    this.#schedules = new LoopSchedules(jobs, options.plans)
    // The engine is made below, and asked only when something runs.
    const slots: Slots = {
      concurrency: settings.concurrency,
      tryAcquire: () => this.engine.tryAcquire(),
      forceAcquire: () => this.engine.forceAcquire(),
      release: () => this.engine.release(),
    }
    const running = new RunningExecutions(base, this.node)
    this.events = new SchedulerEmitter((event, error) => {
      base.log.root.error({ err: error }, `a listener for "${event}" failed: ${messageOf(error)}`)
    })
    this.report = new Report(base.log.root, this.events)
    const { services, runner, call, enqueue } = withCalls(base, running, jobs, slots, this.report, () => {
      // What only enqueues leaves the work to those that watch.
      if (this.#ended !== undefined) this.engine.lookAtQueue()
    })
    this.#options = { ...options, services }
    this.runner = runner
    this.call = call
    this.enqueue = enqueue
    this.#detector = running.detector
    this.#reconnect = new Reconnect(services.clock, outage)
    this.engine = new LocalEngine({
      services,
      running,
      concurrency: settings.concurrency,
      staleBefore: (now) => this.#detector.before(now),
      jobs: new Map(jobs.map((job) => [job.name, job])),
      onStart: (execution) => this.report.started(execution),
      onEnd: (end) => this.report.ended(end),
      onSkip: (execution) => this.report.skipped(execution, 'after', execution.skipReason ?? ''),
    })
    this.#claimer = new FireClaimer(this.node, services.store, this.engine, this.#detector, this.report)
  }

  /** Watches until it is stopped; where all jobs have nothing but `@reboot` schedules, until those are done. */
  start(): Promise<void> {
    this.#ended ??= this.#watch()
    return this.#ended
  }

  /** Fires nothing more, lets what runs finish for up to `grace` ms, and requeues the rest. */
  stop(grace: number): Promise<void> {
    this.#stopped ??= this.#stop(grace)
    return this.#stopped
  }

  /**
   * Claims every unclaimed fire in [from, to), ms since the epoch, past or still to come, runs them now, and resolves
   * when those that were claimed here have ended, retries included.
   */
  async fireBetween(from: number, to: number): Promise<void> {
    await this.ready()
    const { store, clock } = this.#options.services
    const now = clock.now()
    const cursors = this.#schedules.cursors ?? (await this.#schedules.register(store, { now, retireOthers: false }))
    const fires = cursors.flatMap((cursor) => firesBetween(cursor, from, to, now))
    const outcomes = await this.#claimer.claim(fires, now)
    const ids = outcomes.flatMap((result) => {
      if (result.outcome === 'running') return [result.execution.id]
      return result.outcome === 'queued' ? [result.executionId] : []
    })
    await Promise.all(ids.map((id) => this.engine.ended(id)))
    for (const id of ids) await this.#childrenEnded(id)
  }

  /** Waits for the tenants' runs that a fire has put into the queue, a page at a time. */
  async #childrenEnded(parentId: string): Promise<void> {
    const { store } = this.#options.services
    while (!this.#stopping.signal.aborted) {
      const open = await store.executions({ parentId, statuses: ['QUEUED', 'RUNNING'], limit: 100 })
      if (open.length === 0) return
      await Promise.all(open.map(({ id }) => this.engine.ended(id)))
    }
  }

  async #stop(grace: number): Promise<void> {
    this.#stopping.abort()
    await this.#ended?.catch(() => {})
    await this.engine.stop(grace)
    await this.#session.close()
  }

  async #watch(): Promise<void> {
    const { services, settings } = this.#options
    const { signal } = this.#stopping
    if (signal.aborted) return
    const isKnown = await this.#reconnect.retryUntilBack(signal, async () => {
      await this.ready()
      const now = services.clock.now()
      await this.#session.announce(now + LONGEST_SLEEP)
      await this.#schedules.register(services.store, { now, retireOthers: this.#options.hasAllJobs })
    })
    if (!isKnown || signal.aborted) return
    for (const cursor of this.#schedules.cursors ?? []) this.#enqueue(cursor, nextAfter(cursor, cursor.watermark))
    const maintenance = new Maintenance(services, settings, this.report, this.#detector, () =>
      this.engine.lookAtQueue(),
    )
    maintenance.start(signal)
    await this.#reconnect.retryUntilBack(signal, () => this.#recordInvalid())
    if (this.#options.firesReboots) await this.#reconnect.retryUntilBack(signal, () => this.#fireReboots())
    this.engine.lookAtQueue()
    await this.#loop(signal)
    if (signal.aborted) return
    // A stop doesn't wait for what runs here: it aborts it.
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await Promise.race([this.engine.idle(), stopped])
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.services
    while (!signal.aborted && this.#schedules.isEndless) {
      const now = clock.now()
      this.#gaps.look(now)
      const due = this.#queue.takeDue(now)
      if (due.length > 0) {
        const claimed = await this.#reconnect.retryUntilBack(signal, (wasAway) => this.#claim(due, wasAway))
        // Nothing was claimed and the process is stopping: the watermarks are where they were, so nothing is lost.
        if (!claimed) return
        continue
      }
      const nextAt = Math.min(this.#queue.nextAt ?? Number.POSITIVE_INFINITY, now + LONGEST_SLEEP)
      this.#reportOnTime(now, nextAt)
      this.#gaps.sleepsUntil(nextAt)
      await sleep(clock, nextAt - now, signal)
    }
  }

  /** Makes this process known to the store; what runs here needs no more. */
  ready(): Promise<void> {
    return this.#session.open(this.#options.services.staleAfter)
  }

  #enqueue(cursor: ScheduleCursor, next: number | null): void {
    if (next !== null) this.#queue.push(next, cursor)
  }

  async #claim(due: readonly ScheduleCursor[], wasAway: boolean): Promise<void> {
    const { store, clock } = this.#options.services
    if (wasAway) this.#gaps.gapUntil(clock.now())
    if (this.#gaps.hasNewGap) {
      await this.#schedules.refresh(store)
      this.#gaps.caughtUp()
    }
    const now = clock.now()
    const settled = due.map((cursor) => ({ cursor, settles: dueFires(cursor, now, this.#gaps.aliveFrom) }))
    const watermarks = settled.map(({ cursor, settles }) => ({ key: cursor.definition.key, to: settles.watermark }))
    await this.#claimer.claim(
      settled.flatMap(({ settles }) => settles.fires),
      now,
      watermarks,
    )
    for (const { cursor, settles } of settled) {
      cursor.watermark = settles.watermark
      this.#enqueue(cursor, settles.next)
    }
  }

  async #recordInvalid(): Promise<void> {
    const now = this.#options.services.clock.now()
    const fires = invalidFires(this.#options.jobs, now)
    if (fires.length > 0) await this.#claimer.claim(fires, now)
  }

  async #fireReboots(): Promise<void> {
    const now = this.#options.services.clock.now()
    await fireReboots(this.#schedules.reboots, now, (fires) => this.#claimer.claim(fires, now))
  }

  /** Written by the loop itself, not by the heartbeat's thread: a loop that hangs is then seen to be late. */
  #reportOnTime(now: number, nextAt: number): void {
    if (now - this.#reportedAt < REPORT_EVERY && nextAt - now < REPORT_EVERY) return
    this.#reportedAt = now
    this.#options.services.store.setNextWake(this.node, Math.max(nextAt, now + REPORT_EVERY)).catch(() => {})
  }
}
