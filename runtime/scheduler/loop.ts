import { LocalEngine } from '../engine/local-engine.ts'
import type { Job, SchedulerSettings } from '../manifest/types.ts'
import type { ClaimOutcome, Fire } from '../store/execution.ts'
import { sleep } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import { type CallJob, withCalls } from '../worker/calls.ts'
import type { JobRunner } from '../worker/job-runner.ts'
import { type Heart, newNodeId, startHeart } from '../worker/node-session.ts'
import type { Surroundings } from '../worker/services.ts'
import type { Slots } from '../worker/slots.ts'
import { type Line, lineFrom, registration, timedSchedules } from './cursor.ts'
import { DueQueue } from './due-queue.ts'
import { SchedulerEmitter } from './events.ts'
import { Staleness } from './failure-detector.ts'
import { dueFires, fireReboots, firesBetween, invalidFires, nextAfter } from './fires.ts'
import { Housekeeping } from './maintenance.ts'
import { Outage } from './reconnect.ts'
import { Report } from './report.ts'

export interface SchedulerLoopOptions {
  readonly jobs: readonly Job[]
  readonly settings: SchedulerSettings
  readonly around: Surroundings
  /** Of this package; shown with the node. */
  readonly version: string
  readonly host: string
  readonly pid: number
  /** False where `@reboot` jobs have fired already (the development loop starts anew with every change). */
  readonly firesReboots: boolean
  /** False where only some of the manifest's jobs are watched: the others' schedules then stay as they are. */
  readonly hasAllJobs: boolean
}

/** However far the next fire is: a clock that was stepped and a machine that slept are noticed after this, in ms. */
const LONGEST_SLEEP = 60_000
/** The loop says at least this often that it is on time, in ms. */
const REPORT_EVERY = 5000

/**
 * The loop that turns schedules into fires. A timer is only a wake-up: what is due is decided by the clock, and what
 * is claimed by the store. `start` resolves when the loop has ended; stopping twice, and before starting, is safe.
 */
export class SchedulerLoop {
  readonly node = newNodeId()
  readonly events: SchedulerEmitter
  readonly engine: LocalEngine
  readonly report: Report
  /** Runs jobs by hand in this process. */
  readonly runner: JobRunner
  readonly call: CallJob
  readonly #options: SchedulerLoopOptions
  readonly #queue = new DueQueue<Line>()
  readonly #stopping = new AbortController()
  readonly #outage: Outage
  readonly #staleness: Staleness
  #ended: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #heart: Heart | undefined
  /** False where all schedules are `@reboot`: when those are done, nothing is left to watch for. */
  #hasTimed = true
  #ready: Promise<void> | undefined
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(options: SchedulerLoopOptions) {
    const { settings, jobs } = options
    const base = { ...options.around, onQueued: () => this.engine.lookAtQueue() }
    // The engine and the report are made below, and asked only when something runs.
    const slots: Slots = {
      concurrency: settings.concurrency,
      lend: () => this.engine.lend(),
      occupy: () => this.engine.occupy(),
      giveBack: () => this.engine.giveBack(),
    }
    const { around, runner, call } = withCalls(base, this.node, jobs, slots, {
      started: (execution) => this.report.started(execution),
      ended: (end) => this.report.ended(end),
    })
    this.#options = { ...options, around }
    this.runner = runner
    this.call = call
    this.#staleness = new Staleness(around.staleAfter)
    this.#outage = new Outage(around.clock, around.log.root)
    this.events = new SchedulerEmitter((event, error) => {
      around.log.root.error({ err: error }, `a listener for "${event}" failed: ${messageOf(error)}`)
    })
    this.report = new Report(around.log.root, this.events)
    const byName = new Map(jobs.map((job) => [job.name, job]))
    this.engine = new LocalEngine({
      around,
      node: this.node,
      concurrency: settings.concurrency,
      staleBefore: (now) => this.#staleness.before(now),
      job: (name) => byName.get(name),
      onStart: (execution) => this.report.started(execution),
      onEnd: (end) => this.report.ended(end),
      onSkip: (execution) => this.report.skipped(execution, 'after', execution.skipReason ?? ''),
    })
  }

  /** Watches until it is stopped; with nothing but `@reboot` schedules, until those are done. */
  start(): Promise<void> {
    this.#ended ??= this.#watch()
    return this.#ended
  }

  /** Fires nothing more, lets what runs finish for up to `grace` ms, and gives the rest back. */
  stop(grace: number): Promise<void> {
    this.#stopped ??= this.#stop(grace)
    return this.#stopped
  }

  /**
   * Claims every fire in [from, to), ms since the epoch, that nobody claimed yet, and resolves when those that were
   * claimed here have ended, retries included.
   */
  async fireBetween(from: number, to: number): Promise<void> {
    await this.ready()
    const { around, jobs } = this.#options
    const now = around.clock.now()
    const schedules = timedSchedules(jobs)
    const states = await around.store.registerSchedules(
      schedules.map((schedule) => registration(schedule, now)),
      { now, retireOthers: false },
    )
    const fires = schedules.flatMap((schedule, index) => {
      const state = states[index]
      return state === undefined ? [] : firesBetween(lineFrom(schedule, state), from, to)
    })
    const outcomes = await this.#claimWith([], fires, now)
    const ids = outcomes.flatMap((result) => {
      if (result.outcome === 'running') return [result.execution.id]
      return result.outcome === 'queued' ? [result.executionId] : []
    })
    await Promise.all(ids.map((id) => this.engine.ended(id)))
    for (const id of ids) await this.#childrenEnded(id)
  }

  /** Waits for the tenants' runs that a fire has put into the queue, a page at a time. */
  async #childrenEnded(parentId: string): Promise<void> {
    const { store } = this.#options.around
    while (!this.#stopping.signal.aborted) {
      const open = await store.executions({ parentId, statuses: ['QUEUED', 'RUNNING'], limit: 100 })
      if (open.length === 0) return
      await Promise.all(open.map(({ id }) => this.engine.ended(id)))
    }
  }

  async #stop(grace: number): Promise<void> {
    this.#stopping.abort()
    await this.#ended?.catch(() => {})
    await Promise.all([this.engine.stop(grace), this.runner.stop(grace)])
    await this.#heart?.stop()
    if (this.#ready !== undefined) await this.#options.around.store.removeNode(this.node).catch(() => {})
  }

  async #watch(): Promise<void> {
    const { around, settings } = this.#options
    const { signal } = this.#stopping
    if (signal.aborted) return
    const isKnown = await this.#outage.ride(signal, async () => {
      await this.ready()
      await this.#introduce(true)
      await this.#register()
    })
    if (!isKnown || signal.aborted) return
    const housekeeping = new Housekeeping(around, settings, this.report, this.#staleness, () =>
      this.engine.lookAtQueue(),
    )
    housekeeping.start(signal)
    await this.#outage.ride(signal, () => this.#recordInvalid())
    if (this.#options.firesReboots) await this.#outage.ride(signal, () => this.#fireReboots())
    this.engine.lookAtQueue()
    await this.#loop(signal)
    if (!signal.aborted) await this.engine.idle()
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.around
    while (!signal.aborted && this.#hasTimed) {
      const now = clock.now()
      const due = this.#queue.takeDue(now)
      if (due.length > 0) {
        const claimed = await this.#outage.ride(signal, () => this.#claim(due, clock.now()))
        // Nothing was claimed and the process is stopping: the marks are where they were, so nothing is lost.
        if (!claimed) return
        continue
      }
      const nextAt = Math.min(this.#queue.nextAt ?? Number.POSITIVE_INFINITY, now + LONGEST_SLEEP)
      this.#reportOnTime(now, nextAt)
      await sleep(clock, nextAt - now, signal)
    }
  }

  /** Makes this process known to the store, and keeps telling that it lives; what runs here needs no more. */
  ready(): Promise<void> {
    this.#ready ??= this.#makeReady().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  async #makeReady(): Promise<void> {
    const { around } = this.#options
    await this.#introduce(false)
    this.#heart = startHeart(around.store, this.node, Math.floor(around.staleAfter / 3), around.clock)
  }

  async #introduce(fires: boolean): Promise<void> {
    const { around, version, host, pid } = this.#options
    const now = around.clock.now()
    const about = { id: this.node, host, pid, version, startedAt: now, heartbeatAt: now }
    await around.store.registerNode({ ...about, nextWakeAt: now + LONGEST_SLEEP, fires })
  }

  async #register(): Promise<void> {
    const { jobs, around, hasAllJobs } = this.#options
    const now = around.clock.now()
    const schedules = timedSchedules(jobs)
    this.#hasTimed = schedules.length > 0
    const states = await around.store.registerSchedules(
      schedules.map((schedule) => registration(schedule, now)),
      { now, retireOthers: hasAllJobs },
    )
    states.forEach((state, index) => {
      const schedule = schedules[index]
      if (schedule === undefined) return
      const line = lineFrom(schedule, state)
      this.#enqueue(line, nextAfter(line, line.mark))
    })
  }

  #enqueue(line: Line, next: number | null): void {
    if (next !== null) this.#queue.push(next, line)
  }

  async #claim(due: readonly Line[], now: number): Promise<void> {
    const settled = due.map((line) => ({ line, settles: dueFires(line, now) }))
    const marks = settled.map(({ line, settles }) => ({ key: line.definition.key, to: settles.mark }))
    await this.#claimWith(
      marks,
      settled.flatMap(({ settles }) => settles.fires),
      now,
    )
    for (const { line, settles } of settled) {
      line.mark = settles.mark
      this.#enqueue(line, settles.next)
    }
  }

  async #recordInvalid(): Promise<void> {
    const now = this.#options.around.clock.now()
    const fires = invalidFires(this.#options.jobs, now)
    if (fires.length > 0) await this.#claimWith([], fires, now)
  }

  async #fireReboots(): Promise<void> {
    const now = this.#options.around.clock.now()
    await fireReboots(this.#options.jobs, now, (fires) => this.#claimWith([], fires, now))
  }

  /** Claims fires, and starts those for which there is a slot here. */
  #claimWith(
    marks: readonly { key: string; to: number }[],
    fires: readonly Fire[],
    now: number,
  ): Promise<ClaimOutcome[]> {
    return this.engine.withSlots(async (slots) => {
      const tick = { node: this.node, now, slots, staleBefore: this.#staleness.before(now), marks, fires }
      const outcomes = await this.#options.around.store.claim(tick)
      this.#deal(outcomes)
      return outcomes
    })
  }

  #deal(outcomes: readonly ClaimOutcome[]): void {
    this.engine.start(outcomes.flatMap((result) => (result.outcome === 'running' ? [result.execution] : [])))
    for (const result of outcomes) {
      if (result.outcome === 'skipped') this.report.skipped(result.fire, result.cause, result.reason)
    }
    if (outcomes.some(({ outcome }) => outcome === 'queued')) this.engine.lookAtQueue()
  }

  /** Written by the loop itself, not by the heartbeat's thread: a loop that hangs is then seen to be late. */
  #reportOnTime(now: number, nextAt: number): void {
    if (now - this.#reportedAt < REPORT_EVERY && nextAt - now < REPORT_EVERY) return
    this.#reportedAt = now
    this.#options.around.store.setNextWake(this.node, Math.max(nextAt, now + REPORT_EVERY)).catch(() => {})
  }
}
