import { type Enqueue, type EnqueueOptions, JobHandle, type ResultOptions } from '../job/enqueue.ts'
import type { Logger } from '../logging/logger.ts'
import type { Enqueued } from '../store/enqueue-request.ts'
import type { Execution } from '../store/execution.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import type { AbortedError } from './abort.ts'
import { chainTo, type JobScope, runInScope } from './job-scope.ts'
import { awaitResult } from './results.ts'
import type { AttemptBody, IsolatedRun, RelayedCalls, WorkerServices } from './services.ts'
import { revived, type ThrownRecord, thrownRecord } from './thrown-record.ts'

/** What a child process is answered when it has asked for a job; `thrown` null: it succeeded. */
export interface CallAnswer {
  readonly call: number
  readonly thrown: ThrownRecord | null
  /** The execution that it has enqueued. */
  readonly handle?: Enqueued
  /** What the job returned. */
  readonly value?: JsonValue
}

export interface CallRequest {
  /** Tells the calls of one child apart. */
  readonly call: number
  readonly name: string
  /** Those of the job's entry where none are given. */
  readonly args?: readonly JsonValue[]
  /** The job is to be handed over, not run. */
  readonly enqueue?: EnqueueOptions
  /** The result of this execution is wanted, nothing else. */
  readonly result?: { readonly id: string; readonly options: ResultOptions }
}

/** The body of an attempt in a child process, which may call other jobs all the same. */
export function isolatedBody(
  run: IsolatedRun,
  isolate: (run: IsolatedRun) => AttemptBody,
  services: WorkerServices,
  logger: () => Logger,
): AttemptBody {
  const ending = new AbortController()
  const calls = relayedCalls(run.execution, services, logger, ending.signal)
  const body = isolate(calls === undefined ? run : { ...run, calls })
  const abort = (reason: AbortedError): void => {
    ending.abort(reason)
    body.abort(reason)
  }
  return { ended: body.ended, abort }
}

/**
 * Runs and enqueues jobs here for the code of an execution that has a process of its own: runs as its children, in its
 * slot, and with the chain of calls that led to it. Undefined where no job can be called.
 */
function relayedCalls(
  { id, job }: Execution,
  { call, enqueue, store, clock }: Pick<WorkerServices, 'call' | 'enqueue' | 'store' | 'clock'>,
  logger: () => Logger,
  signal: AbortSignal,
): RelayedCalls | undefined {
  if (call === undefined || enqueue === undefined) return undefined
  const onUnhandledError = (error: unknown): void => logger().error({ err: error }, 'an error that nothing handled')
  const about = { job, executionId: id, chain: chainTo(job), log: logger }
  const scope: JobScope = { ...about, call, signal, onUnhandledError, fail: onUnhandledError }
  return {
    run: (name, args) => runInScope(scope, () => call(name, args, scope)),
    enqueue,
    result: (id, options) => awaitResult({ store, clock }, id, options),
  }
}

/** Runs what a child asked for, and says how it went. Never rejects. */
export async function answerCall(request: CallRequest, calls: RelayedCalls | undefined): Promise<CallAnswer> {
  const { call, name, args, enqueue, result } = request
  try {
    if (calls === undefined) throw new Error(`job "${name}" can't be called from here`)
    if (enqueue !== undefined) {
      const { id, enqueued } = await calls.enqueue(name, args, enqueue)
      return { call, thrown: null, handle: { id, enqueued } }
    }
    const value =
      result === undefined ? await calls.run(name, args ?? []) : await calls.result(result.id, result.options)
    return { call, thrown: null, ...(value === undefined ? {} : { value }) }
  } catch (error) {
    return { call, thrown: thrownRecord(error) }
  }
}

/** The child's side: calls that are under way, each settled by its answer. */
export class PendingCalls {
  readonly #pending = new Map<number, (answer: CallAnswer) => void>()
  #last = 0

  constructor(private readonly ask: (request: CallRequest) => void) {}

  /** Resolves to what the job returned; rejects with its error. */
  async run(name: string, args: readonly JsonValue[]): Promise<JsonValue | undefined> {
    return (await this.#ask({ name, args })).value
  }

  readonly enqueue: Enqueue = async (name, args, options = {}) => {
    // A Date would arrive as its text, an invalid one as null.
    if (options.transaction !== undefined) {
      throw new JobsError(
        'CALL_UNSUPPORTED',
        `enqueue of job "${name}": a process of its own can't hand over a transaction`,
        {
          hint: 'leave "isolation": "process" out of the entry of the job that enqueues',
        },
      )
    }
    const runAt = options.runAt instanceof Date ? options.runAt.getTime() : options.runAt
    if (Number.isNaN(runAt)) throw new TypeError(`enqueue of job "${name}": runAt is an invalid Date`)
    const asked = runAt === undefined ? options : { ...options, runAt }
    const { handle } = await this.#ask({ name, ...(args === undefined ? {} : { args }), enqueue: asked })
    if (handle === undefined) throw new Error('the scheduler enqueued nothing')
    return new JobHandle(handle, async (options) => {
      return (await this.#ask({ name, result: { id: handle.id, options } })).value
    })
  }

  #ask(request: Omit<CallRequest, 'call'>): Promise<CallAnswer> {
    const call = ++this.#last
    return new Promise((resolve, reject) => {
      this.#pending.set(call, (answer) => (answer.thrown === null ? resolve(answer) : reject(revived(answer.thrown))))
      this.ask({ ...request, call })
    })
  }

  answered(answer: CallAnswer): void {
    this.#pending.get(answer.call)?.(answer)
    this.#pending.delete(answer.call)
  }
}
