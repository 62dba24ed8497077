import type { Logger } from '../logging/logger.ts'
import type { Execution } from '../store/execution.ts'
import { ownCopy } from '../support/copy.ts'
import type { Env } from '../support/env.ts'
import type { JsonValue } from '../support/json.ts'
import type { DatabaseClient } from './database.ts'
import type { Enqueue, EnqueueOptions, JobHandle } from './enqueue.ts'

/** What a job's `run` is given: fresh for each attempt. */
export interface JobContext<Args extends readonly unknown[] = readonly JsonValue[]> {
  /** The job's name, as in the manifest. */
  readonly job: string
  readonly executionId: string
  /** Counts from 1; a retry and a recovery have higher ones. */
  readonly attempt: number
  /** The instant of the fire; for manual and code runs, when it was requested. */
  readonly scheduledFor: Date
  readonly args: Args
  /** The tenant it runs for; undefined where the job isn't multi-tenant. */
  readonly tenant: string | undefined
  /** Every line carries `job` and `executionId`, and is kept with the execution. */
  readonly log: Logger
  /** Aborted on time-out, on a request to cancel and when the process stops; its reason, an AbortedError, says which. */
  readonly signal: AbortSignal
  /** The environment, `.env` files included. */
  readonly env: Env
  /** The workspace's SQL client (src/backend/db/connection.ts): opened on first use, closed when the run has ended. */
  readonly database: DatabaseClient
  /** Stores the progress: `percent` from 0 to 100. */
  progress(percent: number, message?: string): void
  /** Runs another job now, in this one's slot, and resolves to what it returned; rejects with its error. */
  run(name: string, ...args: JsonValue[]): Promise<JsonValue | undefined>
  /** The same, and resolves to undefined. */
  runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void>
  /** Hands another job over, for some scheduler to run, and doesn't wait for it. */
  enqueue(name: string, args?: readonly JsonValue[], options?: EnqueueOptions): Promise<JobHandle>
}

/** What the context of a job in this process is made from. */
export interface ContextSource {
  readonly env: Env
  readonly signal: AbortSignal
  log(): Logger
  database(): DatabaseClient
  progress(percent: number, message: string | null): void
  callOther(name: string, args: readonly JsonValue[]): Promise<JsonValue | undefined>
  handOver: Enqueue
}

/**
 * What a job's code is given. An object literal with getters in it takes Node ten times as long to make as all the
 * rest, which a scheduler of many small jobs feels: so the getters are the class's.
 */
class InlineContext implements JobContext {
  readonly job: string
  readonly executionId: string
  readonly attempt: number
  readonly scheduledFor: Date
  readonly args: readonly JsonValue[]
  readonly tenant: string | undefined
  readonly env: Env
  readonly progress: JobContext['progress']
  readonly run: JobContext['run']
  readonly runBackgroundJob: JobContext['runBackgroundJob']
  readonly enqueue: JobContext['enqueue']
  readonly #source: ContextSource

  constructor(execution: Execution, source: ContextSource) {
    this.job = execution.job
    this.executionId = execution.id
    this.attempt = execution.attempt
    this.scheduledFor = new Date(execution.scheduledFor)
    // The same values may be handed to later fires.
    this.args = execution.args.length === 0 ? [] : ownCopy(execution.args)
    this.tenant = execution.tenant === '' ? undefined : execution.tenant
    this.env = source.env
    this.progress = (percent, message) => source.progress(percent, message ?? null)
    this.run = (name, ...args) => source.callOther(name, args)
    this.runBackgroundJob = async (name, ...args) => void (await source.callOther(name, args))
    this.enqueue = (name, args, options) => source.handOver(name, args, options)
    this.#source = source
  }

  get log(): Logger {
    return this.#source.log()
  }

  get signal(): AbortSignal {
    return this.#source.signal
  }

  get database(): DatabaseClient {
    return this.#source.database()
  }
}

/** What is only made when it is asked for: most jobs never ask. */
const LATE: ReadonlySet<string | symbol> = new Set<keyof JobContext>(['log', 'signal', 'database'])

/** Shows the class's getters as the object's own, so that a copy (`{ ...context }`) has them too. */
const WHOLE: ProxyHandler<InlineContext> = {
  get: (context, key) => Reflect.get(context, key),
  ownKeys: (context) => [...new Set([...Reflect.ownKeys(context), ...LATE])],
  getOwnPropertyDescriptor: (context, key) =>
    Reflect.getOwnPropertyDescriptor(context, key) ?? (LATE.has(key) ? late(context, key) : undefined),
  preventExtensions(context) {
    for (const key of LATE) if (!Object.hasOwn(context, key)) Object.defineProperty(context, key, late(context, key))
    return Reflect.preventExtensions(context)
  },
}

function late(context: InlineContext, key: string | symbol): PropertyDescriptor {
  return { get: () => Reflect.get(InlineContext.prototype, key, context), enumerable: true, configurable: true }
}

export function inlineContext(execution: Execution, source: ContextSource): JobContext {
  return new Proxy(new InlineContext(execution, source), WHOLE)
}
