import type { Job } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import { type Clock, sleep, type Timer } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import type { AbortCause } from '../worker/abort.ts'
import { type ExecutionEnd, execute } from '../worker/attempt.ts'
import { outsideScope } from '../worker/job-scope.ts'
import type { RunningExecutions } from '../worker/running-executions.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { Slots } from '../worker/slots.ts'
import { CompletionWaiters } from './completion-waiters.ts'
import type { Engine } from './engine.ts'

export interface LocalEngineOptions {
  readonly services: WorkerServices
  /** Of this process; what runs by hand and from code is there too. */
  readonly running: RunningExecutions
  /** Executions at once, at least 1. */
  readonly concurrency: number
  /** Heartbeats before this instant are those of the dead. */
  staleBefore(now: number): number
  /** The job of an execution; undefined where this process doesn't know it (it then leaves the row to others). */
  job(name: string): Job | undefined
  onStart(execution: Execution): void
  onEnd(end: ExecutionEnd): void
  onSkip(execution: Execution): void
}

/** While something runs or waits, the store is asked this often what others want or left, in ms. */
const POLL = 1000

/** Runs executions in this process, `concurrency` at once, taken by priority, then time. */
export class LocalEngine implements Engine, Slots {
  readonly concurrency: number
  readonly #options: LocalEngineOptions
  readonly #clock: Clock
  readonly #running: RunningExecutions
  /** How many of the running ones the engine started. */
  #started = 0
  /** Slots in which something runs that the engine didn't start. */
  #acquired = 0
  /** False while nothing was started here, nor the queue looked at: who only runs jobs from code leaves it to others. */
  #isInUse = false
  #isStopping = false
  #isTaking = false
  /** Settles when the look at the queue that is under way is over. */
  #dequeuing: Promise<void> = Promise.resolve()
  /** Settles when whoever was given the free slots last has started what it wanted to. */
  #giving: Promise<void> = Promise.resolve()
  #lookAgain = false
  #mayHaveQueued = true
  #timer: { readonly ringsAt: number; readonly timer: Timer } | undefined
  #idleWaiters: (() => void)[] = []
  readonly #completions: CompletionWaiters

  constructor(options: LocalEngineOptions) {
    this.#options = options
    this.concurrency = options.concurrency
    this.#clock = options.services.clock
    this.#running = options.running
    this.#completions = new CompletionWaiters(options.services.store, (id) => options.running.has(id))
  }

  async withSlots<Result>(work: (slots: number) => Promise<Result>): Promise<Result> {
    const before = this.#giving
    let isOver: () => void = () => {}
    this.#giving = new Promise((resolve) => {
      isOver = resolve
    })
    await before
    try {
      return await work(this.#freeSlots())
    } finally {
      isOver()
    }
  }

  #freeSlots(): number {
    return this.#isStopping ? 0 : Math.max(0, this.concurrency - this.#started - this.#acquired)
  }

  async tryAcquire(): Promise<boolean> {
    while (this.#isTaking) await this.#dequeuing
    return this.withSlots(async (slots) => {
      if (slots > 0) this.#acquired++
      return slots > 0
    })
  }

  forceAcquire(): void {
    this.#acquired++
  }

  release(): void {
    this.#acquired--
    // Done by the code of a job; what is taken now is none of that job's doing.
    if (this.#isInUse) outsideScope(() => this.#fillSlots())
  }

  start(executions: readonly Execution[]): void {
    this.#isInUse = true
    outsideScope(() => {
      for (const execution of executions) this.#run(execution)
      this.#setTimer(POLL)
    })
  }

  lookAtQueue(): void {
    this.#isInUse = true
    this.#mayHaveQueued = true
    // Often called by the code of a job that has just queued something; what is taken then is none of that job's doing.
    outsideScope(() => this.#fillSlots())
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
    this.#timer?.timer.cancel()
    this.#timer = undefined
    outsideScope(() => {
      this.#setTimer(POLL)
      // It may have ended just now.
      void this.#lookForCompletions()
    })
    return completed
  }

  abort(executionId: string, cause: AbortCause): boolean {
    return this.#running.abort(executionId, cause)
  }

  async stop(grace: number): Promise<void> {
    this.#isStopping = true
    this.#timer?.timer.cancel()
    const begin = this.#clock.now()
    // What was being taken from the queue when the stop came is this node's already, so it is waited for like the rest.
    const timeout = new AbortController()
    await Promise.race([this.#dequeuing, sleep(this.#clock, grace, timeout.signal)])
    timeout.abort()
    const left = Math.max(0, grace - (this.#clock.now() - begin))
    await this.#running.stop(left)
    this.#completions.settleAll()
  }

  #run(execution: Execution): void {
    const { services, onStart } = this.#options
    const job = this.#options.job(execution.job)
    if (job === undefined) return void this.#leaveToOthers(execution)
    const executing = execute(execution, job, services)
    this.#started++
    this.#running.add(executing, 'stop')
    onStart(execution)
    executing.done.then(
      (end) => this.#ended(end),
      (error: unknown) => {
        this.#tell(execution, error)
        this.#over()
      },
    )
  }

  #ended(end: ExecutionEnd): void {
    const { execution, outcome, recorded } = end
    try {
      this.#options.onEnd(end)
      if (recorded && outcome.kind !== 'retry' && outcome.kind !== 'released') this.#completions.settle(execution.id)
    } catch (error) {
      this.#tell(execution, error)
    }
    this.#over()
  }

  /** A slot is free again. */
  #over(): void {
    this.#started--
    this.#fillSlots()
  }

  #tell({ id, job }: Execution, error: unknown): void {
    this.#options.services.log.root.error({ job, executionId: id }, messageOf(error))
  }

  /** An execution of a job that only another process's manifest has. */
  async #leaveToOthers({ id, owner, attempt, job }: Execution): Promise<void> {
    const { store, clock, log } = this.#options.services
    const error = { code: 'JOB_UNKNOWN', message: `no job "${job}" in this process's manifest`, stack: null }
    const outcome = { kind: 'retry', error, availableAt: clock.now() + 60_000 } as const
    await store.complete({ id, owner, attempt, at: clock.now(), outcome }).catch(() => {})
    log.root.warn(
      { job, executionId: id },
      `[${job}] is queued but isn't in this manifest; left to others for a minute`,
    )
  }

  /** Fills the free slots from the queue. Calls that come while it is under way make it look once more. */
  #fillSlots(): void {
    if (this.#isTaking) this.#lookAgain = true
    else void this.#dequeue()
  }

  async #dequeue(): Promise<void> {
    this.#isTaking = true
    let isOver = (): void => {}
    this.#dequeuing = new Promise((resolve) => {
      isOver = resolve
    })
    try {
      do {
        this.#lookAgain = false
        await this.withSlots((slots) => this.#takeOnce(slots))
      } while (this.#lookAgain)
    } catch (error) {
      this.#options.services.log.root.error(`the queue could not be read, trying again: ${messageOf(error)}`)
      this.#mayHaveQueued = true
      this.#setTimer(POLL)
    } finally {
      this.#isTaking = false
      isOver()
    }
  }

  async #takeOnce(limit: number): Promise<void> {
    const { services, running, staleBefore, onSkip } = this.#options
    if (this.#mayHaveQueued && limit > 0) {
      const now = this.#clock.now()
      const { taken, skipped } = await services.store.dequeue({
        node: running.node,
        now,
        limit,
        staleBefore: staleBefore(now),
      })
      for (const execution of skipped) {
        onSkip(execution)
        this.#completions.settle(execution.id)
      }
      for (const execution of taken) this.#run(execution)
      if (taken.length === limit || skipped.length > 0) {
        this.#lookAgain = true
      } else if (taken.length === 0) {
        const at = await services.store.nextAvailableAt()
        this.#mayHaveQueued = at !== null
        if (at !== null) this.#setTimer(at <= now ? POLL : Math.min(at - now, 60_000))
      }
    }
    // All slots may be taken by what was called from code; then the queue was not looked into.
    const hasLooked = limit > 0 || !this.#mayHaveQueued || this.#isStopping
    if (this.#started === 0 && !this.#lookAgain && hasLooked) this.#settleIdle()
    // Other processes may queue what they have no slot for.
    if (this.#started > 0 || services.store.target !== null) this.#setTimer(POLL)
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

  /** The earliest wish counts: a timer that is set already stays unless the new one rings sooner. */
  #setTimer(delay: number): void {
    const ringsAt = this.#clock.now() + delay
    if (this.#isStopping || (this.#timer !== undefined && this.#timer.ringsAt <= ringsAt)) return
    this.#timer?.timer.cancel()
    const ring = (): void => {
      this.#timer = undefined
      this.#poll()
    }
    this.#timer = { ringsAt, timer: this.#clock.after(delay, ring, { unref: this.#completions.isEmpty }) }
  }

  #poll(): void {
    this.lookAtQueue()
    void this.#lookForCompletions()
  }
}
