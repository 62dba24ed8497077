import { type Clock, sleep } from '../support/clock.ts'
import { Batcher } from './batcher.ts'
import { inCallersTransaction, storeId } from './callers-transaction.ts'
import type { Driver } from './driver.ts'
import type { Enqueued, EnqueueRequest } from './enqueue-request.ts'
import { StoreError } from './errors.ts'
import type { Attempt, ClaimOutcome, Execution, LogLine } from './execution.ts'
import type {
  ExecutionFilter,
  PauseOptions,
  PauseRecord,
  PauseTarget,
  ScheduleText,
  StoreTransaction,
} from './job-store.ts'
import { NodeStore } from './node-store.ts'
import type { HeardNotice, StoreListener } from './notices.ts'
import { attemptsOf } from './rules/attempts.ts'
import { checkBegin, recordBegin } from './rules/begin.ts'
import { claim, type Tick } from './rules/claim.ts'
import { dequeue } from './rules/dequeue.ts'
import { enqueue } from './rules/enqueue.ts'
import { complete, recover, requestCancel } from './rules/lifecycle.ts'
import { asOf, pause, resume, scopeOf } from './rules/pauses.ts'
import { type PruneRequest, Pruning } from './rules/pruning.ts'
import { renameJob } from './rules/rename-job.ts'
import { appendLog } from './rules/retention.ts'
import { registerSchedules } from './rules/schedules.ts'
import { refusedCompletion, storableCompletion } from './rules/storable-outcome.ts'
import { UncertainCommits } from './rules/uncertain-commits.ts'
import type { DequeueResult, RunRequest, RunStart, ScheduleRegistration, ScheduleState, Store } from './store.ts'

type Completion = Parameters<Store['complete']>[0]

/** The store's rules, over whatever driver keeps the tables. */
export class TableStore extends NodeStore implements Store {
  readonly url: string
  readonly target: string | null
  readonly dialect: Store['dialect']
  readonly #driver: Driver
  readonly #clock: Clock
  #id: string | undefined
  readonly #outcomes: Batcher<Completion, boolean>
  readonly #uncertainCommits: UncertainCommits
  readonly #pruning: Pruning

  constructor(driver: Driver, clock: Clock) {
    super(driver)
    this.#driver = driver
    this.#clock = clock
    this.url = driver.url
    this.target = driver.target
    this.dialect = driver.dialect
    this.#uncertainCommits = new UncertainCommits(driver, clock)
    this.#pruning = new Pruning(driver)
    this.#outcomes = new Batcher((ends) => driver.write(() => complete(driver.tables, ends)), {
      // What concerns the store as a whole is a StoreError.
      isOfItem: (error) => !(error instanceof StoreError),
      substitute: refusedCompletion,
    })
  }

  registerSchedules(
    schedules: readonly ScheduleRegistration[],
    options: { now: number; retireOthers: boolean },
  ): Promise<ScheduleState[]> {
    return this.#driver.write(() => registerSchedules(this.#driver.tables, schedules, options))
  }

  renameJob(rename: Parameters<Store['renameJob']>[0]): Promise<Execution | null> {
    return this.#driver.write(() => renameJob(this.#driver.tables, rename))
  }

  claim(tick: Tick): Promise<ClaimOutcome[]> {
    return this.#uncertainCommits.starting(
      () => claim(this.#driver.tables, tick),
      (outcomes) => outcomes.flatMap((each) => (each.outcome === 'running' ? [each.execution] : [])),
    )
  }

  async dequeue(request: Parameters<Store['dequeue']>[0]): Promise<DequeueResult> {
    if (request.limit <= 0) return { taken: [], skipped: [] }
    const { tables } = this.#driver
    const found = await this.#uncertainCommits.settle(request.now, request.limit, request.id)
    // They are looked for no more, so nothing that may fail comes before they are handed out.
    if (found.length > 0) return { taken: found, skipped: [] }
    return await this.#uncertainCommits.starting(
      () => dequeue(tables, request),
      (result) => result.taken,
    )
  }

  async enqueue(requests: readonly EnqueueRequest[], transaction?: unknown): Promise<Enqueued[]> {
    if (requests.length === 0) return []
    if (transaction !== undefined) {
      this.#id ??= await this.#driver.read(storeId)
      const enqueued = () => enqueue(this.#driver.tables, requests, true)
      return await inCallersTransaction(transaction, this.dialect, this.#id, enqueued)
    }
    return await this.#driver.write(() => enqueue(this.#driver.tables, requests))
  }

  async begin(request: RunRequest): Promise<RunStart> {
    const { preCheck, job, tenant } = request
    const { tables } = this.#driver
    if (preCheck === undefined) {
      return await this.#uncertainCommits.starting(
        function* () {
          return (yield* checkBegin(tables, request)) ?? (yield* recordBegin(tables, request, null))
        },
        (start) => (start.acquired ? [start.execution] : []),
        'begin',
      )
    }
    let begun: readonly Execution[] = []
    try {
      return await this.#driver.alone({ job, tenant }, async (session) => {
        const refusal = await session.run(checkBegin(tables, request))
        if (refusal !== null) return refusal
        const verdict = await preCheck(session.transaction)
        const start = await session.run(recordBegin(tables, request, verdict.skip ? verdict.reason : null))
        if (start.acquired) begun = [start.execution]
        return start
      })
    } catch (error) {
      this.#uncertainCommits.failed(error, begun, 'begin')
      throw error
    }
  }

  complete(end: Completion): Promise<boolean> {
    return this.#outcomes.add(storableCompletion(end))
  }

  freeRetainedLock(executionId: string): Promise<void> {
    return this.#driver.write(() => this.#driver.tables.freeRetainedLock(executionId))
  }

  transaction<Result>(
    scope: { job: string; tenant: string; limit: number },
    work: (transaction: StoreTransaction) => Promise<Result>,
  ): Promise<Result> {
    return this.#driver.alone(scope, async ({ transaction }) => {
      const over = new AbortController()
      const timeout = sleep(this.#clock, scope.limit, over.signal).then(() => {
        throw new StoreError('PRE_CHECK_TIMEOUT', `the pre-check of ${scope.job} took more than ${scope.limit} ms`, {
          hint: 'let it only look, and leave the work to run(): it holds the store’s lock',
        })
      })
      timeout.catch(() => {})
      try {
        return await Promise.race([work(transaction), timeout])
      } finally {
        over.abort()
      }
    })
  }

  async recover(request: Parameters<Store['recover']>[0]): Promise<{ requeued: Execution[]; stale: Execution[] }> {
    const requeued: Execution[] = []
    const stale: Execution[] = []
    for (;;) {
      const batch = await this.#driver.write(() => recover(this.#driver.tables, request))
      requeued.push(...batch.requeued)
      stale.push(...batch.stale)
      if (batch.isDone) return { requeued, stale }
    }
  }

  cancel(id: string, now: number): Promise<'cancelled' | 'requested' | 'already-final' | 'unknown'> {
    return this.#driver.write(() => requestCancel(this.#driver.tables, id, now))
  }

  cancelRequests(node: string): Promise<string[]> {
    return this.#driver.read(() => this.#driver.tables.cancelRequests(node))
  }

  async appendLog(executionId: string, attempt: number, lines: readonly LogLine[]): Promise<void> {
    if (lines.length > 0) await this.#driver.write(() => appendLog(this.#driver.tables, executionId, attempt, lines))
  }

  setProgress(executionId: string, percent: number, message: string | null): Promise<void> {
    return this.#driver.write(() => this.#driver.tables.setProgress(executionId, percent, message))
  }

  async execution(id: string): Promise<Execution | null> {
    return (await this.#driver.read(() => this.#driver.tables.byIds([id])))[0] ?? null
  }

  executions(filter: ExecutionFilter): Promise<Execution[]> {
    return this.#driver.read(() => this.#driver.tables.list(filter))
  }

  attempts(executionId: string): Promise<Attempt[]> {
    return this.#driver.read(() => attemptsOf(this.#driver.tables, executionId))
  }

  logLines(executionId: string, from = 0): Promise<LogLine[]> {
    return this.#driver.read(() => this.#driver.tables.logLines(executionId, from))
  }

  async scheduleTexts(): Promise<Map<string, ScheduleText>> {
    const stored = await this.#driver.read(() => this.#driver.tables.schedules(null))
    return new Map(stored.map(({ key, nominal: _nominal, ...known }) => [key, known]))
  }

  resultText(executionId: string): Promise<string | null> {
    return this.#driver.read(() => this.#driver.tables.result(executionId))
  }

  nextAvailableAt(): Promise<number | null> {
    return this.#driver.read(() => this.#driver.tables.nextAvailableAt())
  }

  pause(target: PauseTarget, by: string, reason: string | null, now: number, how: PauseOptions = {}): Promise<void> {
    return this.#driver.write(() => pause(this.#driver.tables, { ...scopeOf(target), by, reason, now, ...how }))
  }

  resume(target: PauseTarget, now: number): Promise<void> {
    return this.#driver.write(() => resume(this.#driver.tables, target, now))
  }

  async pauses(now = Number.NEGATIVE_INFINITY): Promise<PauseRecord[]> {
    const histories = await this.#driver.read(() => this.#driver.tables.pauses())
    return histories.filter((history) => asOf(history, now).paused).map(({ past: _past, ...record }) => record)
  }

  prune(request: PruneRequest): Promise<number> {
    return this.#pruning.prune(request)
  }

  listen(hearer: (notice: HeardNotice) => void): StoreListener {
    return this.#driver.listen(hearer)
  }

  dismiss(ids: readonly string[], by: string, reason: string | null, now: number): Promise<string[]> {
    return this.#driver.write(() => this.#driver.tables.dismiss(ids, by, reason, now))
  }

  close(): Promise<void> {
    this.#uncertainCommits.stop()
    return this.#driver.close()
  }
}
