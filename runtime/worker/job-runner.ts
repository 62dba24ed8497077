import type { Job } from '../manifest/types.ts'
import type { Execution, Trigger } from '../store/execution.ts'
import type { RunStart } from '../store/store.ts'
import { sleep } from '../support/clock.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { type AbortCause, AbortedError, abortedBy } from './abort.ts'
import { type ExecutionEnd, execute } from './attempt.ts'
import { beginRun } from './begin-run.ts'
import { describeNode } from './node-session.ts'
import type { RunningExecutions } from './running-executions.ts'
import type { WorkerServices } from './services.ts'
import { callersSlot, ownSlot, type SlotPolicy, type Slots } from './slots.ts'

/** A run of one job that is not a fire of the loop. */
export interface JobRun {
  readonly job: Job
  readonly trigger: Extract<Trigger, 'manual' | 'code' | 'enqueue'>
  /** Instead of the manifest's. */
  readonly args?: readonly JsonValue[]
  readonly tenant?: string
  /** Runs beside a running one, and though the job is disabled. */
  readonly force?: boolean
  readonly parentId?: string
  /** Aborts it, and its wait for a further attempt. */
  readonly signal?: AbortSignal
  /** Where each attempt runs; default: a child in its parent's slot, anything else in another one. */
  readonly inSlot?: SlotPolicy
  /** Backfills this fire: claimed like any other, so never a second time. */
  readonly fire?: { readonly scheduleKey: string; readonly scheduledFor: number }
}

/** The job's lock is held by another execution. */
export class JobLockedError extends JobsError {
  constructor(
    job: string,
    readonly holder: Execution | null,
  ) {
    const who = holder === null ? '' : ` (execution ${holder.id} on ${describeNode(holder.owner)})`
    super('JOB_LOCKED', `job "${job}" is running already${who}`, {
      hint: 'wait for it to end, or run beside it with --force',
    })
  }
}

/** Codes: JOB_DISABLED, JOB_FIRE_CLAIMED. */
export class JobNotStartedError extends JobsError {}

/** How a run ended; `skipped` where its pre-check said that there is nothing to do. */
export type JobRunEnd =
  | { readonly kind: 'ended'; readonly end: ExecutionEnd }
  /** Another process took a later attempt over; this is what the store says of it. */
  | { readonly kind: 'elsewhere'; readonly execution: Execution }

/** While another process has the execution, the store is asked this often, in ms. */
const POLL = 500

/** Notified of every attempt that runs by hand or from code. */
export interface RunListener {
  started(execution: Execution): void
  ended(end: ExecutionEnd): void
}

/** Runs jobs by hand and from code: through the same lock and record as every fire. */
export class JobRunner {
  constructor(
    private readonly services: WorkerServices,
    private readonly running: RunningExecutions,
    private readonly slots: Slots,
    private readonly listener?: RunListener,
  ) {}

  /** Runs it to its end, retries included. Throws JobLockedError and JobNotStartedError where it doesn't start. */
  async run(run: JobRun): Promise<JobRunEnd> {
    const inSlot = run.inSlot ?? (run.parentId === undefined ? ownSlot(this.slots) : callersSlot)
    let end = await inSlot(async () => this.#execute(await this.#begin(run), run))
    while (end.outcome.kind === 'retry') {
      const next = await this.#nextAttempt(end.execution.id, end.outcome.availableAt, run, inSlot)
      if (next.kind === 'elsewhere') return next
      end = next.end
    }
    return { kind: 'ended', end }
  }

  async #begin({ job, trigger, args, tenant, force, parentId, fire, signal }: JobRun): Promise<Execution> {
    if (job.disabledBy !== null && force !== true) {
      throw new JobNotStartedError('JOB_DISABLED', `job "${job.name}" is disabled: ${job.disabledBy}`, {
        hint: 'enable it, or run it all the same with --force',
      })
    }
    const { stopping, detector, node } = this.running
    const { clock, store, log } = this.services
    const onWait = (holder: Execution): void => {
      const silence = Math.round((clock.now() - (holder.heartbeatAt ?? 0)) / 1000)
      const who = describeNode(holder.owner)
      log.root.info(
        { job: job.name },
        `[${job.name}] ${who} runs it, without a heartbeat for ${silence} s; waiting for one`,
      )
    }
    const over = (): AbortSignal => (signal === undefined ? stopping : AbortSignal.any([stopping, signal]))
    const start = await beginRun({ store, clock, detector, signal: over, onWait }, (now) => ({
      node,
      job: job.name,
      tenant: tenant ?? '',
      trigger,
      scheduleKey: fire?.scheduleKey ?? '',
      scheduledFor: fire?.scheduledFor ?? now,
      args: args ?? job.args,
      priority: job.priority,
      maxAttempts: job.retry.attempts,
      // What runs for another execution ends with it: when that one is recovered, it runs this one anew.
      recoverLimit: parentId === undefined ? job.recover : 0,
      queue: job.queue,
      parentId: parentId ?? null,
      lock: force === true || job.overlap === 'allow' ? 'bypass' : 'exclusive',
    }))
    if (start.acquired) return start.execution
    throw notStarted(job.name, start)
  }

  async #execute(execution: Execution, { job, signal }: JobRun): Promise<ExecutionEnd> {
    const executing = execute(execution, job, this.services)
    this.listener?.started(execution)
    const abort = (): void => executing.abort(causeOf(signal?.reason))
    this.running.add(executing, 'cancel')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    try {
      const end = await executing.done
      this.listener?.ended(end)
      return end
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Waits for the next attempt's time and makes it, unless a scheduler was faster: then for that one's end. */
  async #nextAttempt(id: string, availableAt: number, run: JobRun, inSlot: SlotPolicy): Promise<JobRunEnd> {
    const { clock, store } = this.services
    const { stopping } = this.running
    const over = run.signal === undefined ? stopping : AbortSignal.any([stopping, run.signal])
    const delay = availableAt - clock.now()
    if (delay > 0) await sleep(clock, delay, over)
    for (;;) {
      if (over.aborted) throw await this.#abandoned(id, stopping.aborted ? 'stop' : causeOf(run.signal?.reason))
      const end = await inSlot(async () => {
        const now = clock.now()
        const staleBefore = this.running.detector.before(now)
        const { taken } = await store.dequeue({ node: this.running.node, now, limit: 1, staleBefore, id })
        this.running.detector.observed(now)
        return taken[0] === undefined ? undefined : this.#execute(taken[0], run)
      })
      if (end !== undefined) return { kind: 'ended', end }
      const known = await store.execution(id)
      if (known !== null && known.status !== 'QUEUED' && known.status !== 'RUNNING') {
        return { kind: 'elsewhere', execution: known }
      }
      await sleep(clock, POLL, over)
    }
  }

  /** Cancels what waits for its next attempt when its caller or this process stops: its result would go unused. */
  async #abandoned(id: string, cause: AbortCause): Promise<AbortedError> {
    const { clock, store } = this.services
    const known = await store.execution(id)
    if (known?.status === 'QUEUED') await store.cancel(id, clock.now())
    return abortedBy(cause)
  }
}

/** Of why its caller was aborted; a caller that runs again, here or elsewhere, calls anew. */
function causeOf(reason: unknown): AbortCause {
  if (!(reason instanceof AbortedError)) return 'cancel'
  return reason.abortCause === 'stop' || reason.abortCause === 'lost' ? 'cancel' : reason.abortCause
}

function notStarted(job: string, start: Extract<RunStart, { acquired: false }>): JobsError {
  if (start.cause === 'locked') return new JobLockedError(job, start.holder)
  return new JobNotStartedError('JOB_FIRE_CLAIMED', `job "${job}": ${start.reason}`, {
    hint: 'see its execution in "webstir job-history", and rerun that if it should run again',
  })
}
