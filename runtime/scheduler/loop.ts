import { LocalEngine } from '../engine/local-engine.ts'
import type { Enqueue } from '../job/enqueue.ts'
import { endedWithin, sleep } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import { type CallJob, withCalls } from '../worker/calls.ts'
import type { FailureDetector } from '../worker/failure-detector.ts'
import type { JobRunner } from '../worker/job-runner.ts'
import { NodeSession } from '../worker/node-session.ts'
import { RunningExecutions } from '../worker/running-executions.ts'
import type { Slots } from '../worker/slots.ts'
import { StoreOutage } from '../worker/store-outage.ts'
import { fireBetween } from './background-jobs.ts'
import { LoopSchedules, type ScheduleCursor } from './cursor.ts'
import { DueCursors } from './due-cursors.ts'
import { SchedulerEmitter } from './events.ts'
import { FireClaimer } from './fire-claimer.ts'
import { dueFires, fireReboots, invalidFires, nextAfter } from './fires.ts'
import { GapDetector } from './gap-detector.ts'
import type { SchedulerLoopOptions } from './loop-options.ts'
import { Maintenance } from './maintenance.ts'
import { NewerTimezoneData } from './newer-timezone-data.ts'
import { nodeFacts } from './node-facts.ts'
import { Reconnect } from './reconnect.ts'
import { Report } from './report.ts'

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
  readonly #due = new DueCursors()
  readonly #newer: NewerTimezoneData
  readonly #stopping = new AbortController()
  readonly #reconnect: Reconnect
  readonly #detector: FailureDetector
  readonly #session: NodeSession
  readonly #running: RunningExecutions
  readonly #schedules: LoopSchedules
  readonly #gaps = new GapDetector()
  readonly #claimer: FireClaimer
  #ended: Promise<void> | undefined
  /** Why it stopped by itself. */
  #failure: Error | undefined
  #stopped: Promise<boolean> | undefined
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(options: SchedulerLoopOptions) {
    const { settings, jobs } = options
    const outage = new StoreOutage(options.services.clock, options.services.log.root)
    const base = { ...options.services, outage, onQueued: () => this.engine.lookAtQueue() }
    this.#session = new NodeSession(base)
    this.node = this.#session.id
    this.#schedules = new LoopSchedules(jobs, options.plans)
    this.#newer = new NewerTimezoneData(this.node, options.services)
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
    this.#running = running
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
      queues: options.queues,
      onStart: (execution) => this.report.started(execution),
      onEnd: (end) => this.report.ended(end),
      onSkip: (execution) => this.report.skipped(execution, 'after', execution.skipReason ?? ''),
    })
    this.#claimer = new FireClaimer(services.store, this.engine, this.#detector, this.report, {
      node: this.node,
      queues: options.queues,
    })
  }

  /** Watches until it is stopped; where all jobs have nothing but `@reboot` schedules, until those are done. */
  start(): Promise<void> {
    this.#ended ??= this.#watch().then(() => {
      if (this.#failure !== undefined) throw this.#failure
    })
    return this.#ended
  }

  /** Fires nothing more, lets what runs finish for up to `grace` ms, and requeues the rest. False where outcomes are not recorded. */
  stop(grace: number): Promise<boolean> {
    this.#stopped ??= this.#stop(grace)
    return this.#stopped
  }

  /** Runs what is due in [from, to), ms since the epoch, now: see `fireBetween`. */
  async fireBetween(from: number, to: number): Promise<void> {
    await this.ready()
    const { services } = this.#options
    const parts = { services, schedules: this.#schedules, claimer: this.#claimer, engine: this.engine }
    await fireBetween(from, to, parts, this.#stopping.signal)
  }

  async #stop(grace: number): Promise<boolean> {
    const { clock, log } = this.#options.services
    const deadline = clock.now() + grace
    this.#stopping.abort()
    // It may be waiting for an answer of a store that is away.
    if (this.#ended !== undefined) await endedWithin(clock, grace, this.#ended)
    const resigned = this.#session.resign()
    await this.engine.stop(Math.max(0, deadline - clock.now()))
    await resigned
    const isLost = this.#running.reportUnrecorded(log.root)
    await this.#session.close()
    return !isLost
  }

  async #watch(): Promise<void> {
    const { services, settings, firesSchedules = true, firesReboots } = this.#options
    const { signal } = this.#stopping
    if (signal.aborted) return
    const isKnown = await this.#reconnect.retryUntilBack(signal, async () => {
      await this.ready()
      const now = services.clock.now()
      const facts = nodeFacts(this.#options, this.#schedules)
      await this.#session.announce(now + LONGEST_SLEEP, facts, firesSchedules)
      if (!firesSchedules) return
      const cursors = await this.#schedules.register(services.store, { now, retireOthers: this.#options.hasAllJobs })
      this.#due.refill(cursors)
      await this.#newer.begin(cursors, now)
    })
    if (!isKnown || signal.aborted) return
    const maintenance = new Maintenance(services, settings, this.report, this.#detector, () =>
      this.engine.lookAtQueue(),
    )
    maintenance.start(signal, (error) => {
      this.#failure = error
      this.#stopping.abort()
    })
    if (firesSchedules) await this.#reconnect.retryUntilBack(signal, () => this.#recordInvalid())
    if (firesSchedules && firesReboots) await this.#reconnect.retryUntilBack(signal, () => this.#fireReboots())
    this.engine.lookAtQueue()
    await this.#loop(signal)
    if (signal.aborted) return
    // A stop doesn't wait for what runs here: it aborts it.
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await Promise.race([this.engine.idle(), stopped])
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.services
    const isEndless = this.#options.firesSchedules === false || this.#schedules.isEndless
    while (!signal.aborted && isEndless) {
      const now = clock.now()
      this.#gaps.look(now)
      if (this.#newer.lookAt <= now && (await this.#newer.look(now))) {
        // What others fired meanwhile is not to be fired here.
        const { store } = this.#options.services
        if (!(await this.#reconnect.retryUntilBack(signal, () => this.#schedules.refresh(store)))) return
        this.#due.refill(this.#schedules.cursors ?? [])
      }
      const due = this.#due.takeDue(now)
      if (due.length > 0) {
        const claimed = await this.#reconnect.retryUntilBack(signal, (wasAway) => this.#claim(due, wasAway))
        // Nothing was claimed and the process is stopping: the watermarks are where they were, so nothing is lost.
        if (!claimed) return
        continue
      }
      const nextAt = Math.min(this.#due.nextAt, this.#newer.lookAt, now + LONGEST_SLEEP)
      this.#reportOnTime(now, nextAt)
      this.#gaps.sleepsUntil(nextAt)
      await sleep(clock, nextAt - now, signal)
    }
  }

  /** Makes this process known to the store; what runs here needs no more. */
  ready(): Promise<void> {
    return this.#session.open(this.#options.services.staleAfter)
  }

  async #claim(due: readonly ScheduleCursor[], wasAway: boolean): Promise<void> {
    const { store, clock } = this.#options.services
    if (wasAway) this.#gaps.gapUntil(clock.now())
    if (this.#gaps.hasNewGap) {
      await this.#schedules.refresh(store)
      this.#gaps.caughtUp()
    }
    const now = clock.now()
    const mine = due.filter((cursor) => !this.#newer.leaves(cursor))
    const settled = mine.map((cursor) => ({ cursor, settles: dueFires(cursor, now, this.#gaps.aliveFrom) }))
    const watermarks = settled.map(({ cursor, settles }) => ({ key: cursor.definition.key, to: settles.watermark }))
    await this.#claimer.claim(
      settled.flatMap(({ settles }) => settles.fires),
      now,
      watermarks,
    )
    for (const cursor of due) if (this.#newer.leaves(cursor)) this.#due.put(cursor, nextAfter(cursor, now))
    for (const { cursor, settles } of settled) {
      cursor.watermark = settles.watermark
      this.#due.put(cursor, settles.next)
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
