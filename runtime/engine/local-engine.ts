import type { Job } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import { type Clock, sleep } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import type { AbortCause } from '../worker/abort.ts'
import { type ExecutionEnd, execute } from '../worker/attempt.ts'
import { outsideScope } from '../worker/job-scope.ts'
import type { RunningExecutions } from '../worker/running-executions.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { Slots } from '../worker/slots.ts'
import { CoalescedTask } from './coalesced-task.ts'
import { CompletionWaiters } from './completion-waiters.ts'
import type { Engine } from './engine.ts'
import { PollTimer } from './poll-timer.ts'
import { QueueListener } from './queue-listener.ts'
import { SlotPool } from './slot-pool.ts'

export interface LocalEngineOptions {
  readonly services: WorkerServices
  /** Of this process; what runs by hand and from code is there too. */
  readonly running: RunningExecutions
  /** Executions at once, at least 1. */
  readonly concurrency: number
  /** A node whose heartbeat is older than this instant is dead. */
  staleBefore(now: number): number
  /** The jobs that this process knows, by name; what is queued of others is left to other processes. */
  readonly jobs: ReadonlyMap<string, Job>
  /** The queues that it serves: none where the array is empty, all where it isn't given. */
  readonly queues?: readonly string[] | undefined
  onStart(execution: Execution): void
  onEnd(end: ExecutionEnd): void
  onSkip(execution: Execution): void
}

/** While something waits that can't run yet, the store is polled this often, in ms. */
const POLL = 1000

/** Runs executions in this process, `concurrency` at once, taken by priority, then time. */
export class LocalEngine implements Engine, Slots {
  readonly concurrency: number
  readonly #options: LocalEngineOptions
  readonly #clock: Clock
  readonly #slots: SlotPool
  readonly #known: readonly string[]
  /** How many of the running ones the engine started, each in a slot. */
  #started = 0
  /** False while nothing was started here, nor the queue read: a process that only runs jobs from code leaves it to others. */
  #isInUse = false
  #isStopping = false
  readonly #dequeuing: CoalescedTask
  #mayHaveQueued = true
  readonly #timer: PollTimer
  #idleWaiters: (() => void)[] = []
  readonly #listener: QueueListener
  readonly #completions: CompletionWaiters

  constructor(options: LocalEngineOptions) {
    this.#options = options
    this.concurrency = options.concurrency
    this.#clock = options.services.clock
    this.#slots = new SlotPool(options.concurrency)
    this.#known = [...options.jobs.keys()]
    this.#dequeuing = new CoalescedTask(
      () => this.withSlots((slots) => this.#dequeue(slots)),
      (error) => this.#dequeueFailed(error),
    )
    this.#timer = new PollTimer(this.#clock, () => this.#poll())
    this.#listener = new QueueListener(options.services, (delay) => this.#queued(delay))
    this.#completions = new CompletionWaiters(options.services.store, (id) => options.running.has(id))
  }

  withSlots<Result>(work: (slots: number) => Promise<Result>): Promise<Result> {
    return this.#slots.withFree(work)
  }

  async tryAcquire(): Promise<boolean> {
    await this.#dequeuing.idle()
    return this.withSlots(async (free) => {
      if (free > 0) this.#slots.take()
      return free > 0
    })
  }

  forceAcquire(): void {
    this.#slots.take()
  }

  release(): void {
    this.#slots.release()
    // Called by the code of a job; what is dequeued now has nothing to do with that job.
    if (this.#isInUse) outsideScope(() => this.#dequeuing.request())
  }

  start(executions: readonly Execution[]): void {
    this.#isInUse = true
    outsideScope(() => {
      for (const execution of executions) this.#run(execution)
      this.#setTimer(this.#listener.interval)
    })
  }

  lookAtQueue(): void {
    this.#isInUse = true
    this.#mayHaveQueued = true
    // Often called by the code of a job that has just queued something; what is dequeued then has nothing to do with that job.
    outsideScope(() => this.#dequeuing.request())
  }

  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve)
      this.lookAtQueue()
    })
  }

  ended(executionId: string): Promise<void> {
    const completed = this.#completions.add(executionId)
    // Anew, since the one that is set may let the process end before the execution does.
    this.#timer.clear()
    outsideScope(() => {
      this.#setTimer(POLL)
      // It may have ended just now.
      void this.#lookForCompletions()
    })
    return completed
  }

  abort(executionId: string, cause: AbortCause): boolean {
    return this.#options.running.abort(executionId, cause)
  }

  async stop(grace: number): Promise<void> {
    this.#isStopping = true
    this.#listener.stop()
    this.#slots.close()
    this.#timer.stop()
    const begin = this.#clock.now()
    // What was being dequeued when the stop came is this node's already, so it is waited for like the rest.
    const timeout = new AbortController()
    await Promise.race([this.#dequeuing.over, sleep(this.#clock, grace, timeout.signal)])
    timeout.abort()
    const left = Math.max(0, grace - (this.#clock.now() - begin))
    await this.#options.running.stop(left)
    this.#completions.settleAll()
  }

  #run(execution: Execution): void {
    const { services, jobs, onStart } = this.#options
    const job = jobs.get(execution.job)
    if (job === undefined)
      throw new Error(`the store handed out a run of ${execution.job}, which this process doesn't know`)
    const executing = execute(execution, job, services)
    this.#started++
    this.#slots.take()
    this.#options.running.add(executing, 'stop')
    onStart(execution)
    executing.done
      .then((end) => this.#ended(end))
      .catch((error: unknown) => {
        services.log.root.error({ job: execution.job, executionId: execution.id }, messageOf(error))
      })
      .then(() => {
        this.#started--
        this.#slots.release()
        this.#dequeuing.request()
      })
  }

  #ended(end: ExecutionEnd): void {
    const { execution, outcome, recorded } = end
    this.#options.onEnd(end)
    if (recorded && outcome.kind !== 'retry' && outcome.kind !== 'released') this.#completions.settle(execution.id)
  }

  /** Fills `limit` free slots from the queue. */
  async #dequeue(limit: number): Promise<void> {
    const { services, running, staleBefore, queues, onSkip } = this.#options
    if (this.#mayHaveQueued && limit > 0 && queues?.length !== 0) {
      // Before the look: what is queued while it is under way, and not seen by it, sets it again.
      this.#mayHaveQueued = false
      const now = this.#clock.now()
      const { taken, skipped } = await services.store.dequeue({
        node: running.node,
        now,
        limit,
        staleBefore: staleBefore(now),
        jobs: this.#known,
        ...(queues === undefined ? {} : { queues }),
      })
      services.outage?.answered()
      for (const execution of skipped) {
        onSkip(execution)
        this.#completions.settle(execution.id)
      }
      for (const execution of taken) this.#run(execution)
      if (taken.length > 0 || skipped.length > 0) this.#mayHaveQueued = true
      if (taken.length === limit || skipped.length > 0) {
        this.#dequeuing.request()
      } else {
        const at = await services.store.nextAvailableAt()
        if (at !== null) {
          this.#mayHaveQueued = true
          this.#setTimer(at <= now ? POLL : Math.min(at - now, 60_000))
        }
      }
    }
    // All slots may be taken by runs from code; then the queue was not read.
    const hasLooked = limit > 0 || !this.#mayHaveQueued || this.#isStopping
    if (this.#started === 0 && !this.#dequeuing.isRequested && hasLooked) this.#settleIdle()
    // Other processes may queue what they have no slot for.
    if (this.#started > 0 || services.store.target !== null) this.#setTimer(this.#listener.interval)
  }

  #dequeueFailed(error: unknown): void {
    const { outage, log } = this.#options.services
    if (!outage?.failed(error)) log.root.error(`the queue could not be read, trying again: ${messageOf(error)}`)
    this.#mayHaveQueued = true
    this.#setTimer(POLL)
  }

  async #lookForCompletions(): Promise<void> {
    // A store that is away is asked again at the next poll.
    await this.#completions.look().catch(() => {})
    if (!this.#completions.isEmpty) this.#setTimer(POLL)
  }

  #settleIdle(): void {
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const resolve of waiters) resolve()
  }

  /** Waiting for an execution keeps the process alive; what other processes may queue doesn't. */
  #setTimer(delay: number): void {
    this.#timer.set(delay, !this.#completions.isEmpty)
  }

  #poll(): void {
    // Not before the first poll: a process that is soon over needs no further connection.
    this.#listener.start()
    this.lookAtQueue()
    void this.#lookForCompletions()
  }

  /** Something may run in `delay` ms. */
  #queued(delay: number): void {
    if (delay === 0) this.lookAtQueue()
    else outsideScope(() => this.#setTimer(delay))
  }
}
