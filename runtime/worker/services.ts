import type { DatabaseClient } from '../job/database.ts'
import type { Enqueue, ResultOptions } from '../job/enqueue.ts'
import type { JobModules } from '../job/job-module.ts'
import type { TenantSource } from '../job/tenants.ts'
import type { LogOutput } from '../logging/logger.ts'
import type { Job } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import type { JsonValue } from '../support/json.ts'
import type { AbortedError } from './abort.ts'
import type { JobScope } from './job-scope.ts'
import type { StoreOutage } from './store-outage.ts'

/** Runs a multi-tenant job for each of its tenants, on behalf of the parent execution. */
export type FanOut = (parent: Execution, job: Job, tenants: TenantSource, caller: JobScope) => Promise<void>

/** What every attempt of a process is run with. */
export interface WorkerServices {
  readonly store: Store
  readonly clock: Clock
  readonly log: LogOutput
  readonly env: Env
  readonly modules: JobModules
  /** Starts an attempt in a child process; absent where there is nothing to start (functions handed over). */
  readonly isolate?: (attempt: IsolatedRun) => AttemptBody
  /** Opens the workspace's database for one execution; absent where the workspace has none. */
  readonly openDatabase?: () => Promise<DatabaseClient>
  /** A RUNNING row without a heartbeat for this long, in ms, is dead. */
  readonly staleAfter: number
  /** The workspace's tenants, as its module gives them; absent where it has none. */
  readonly openTenants?: () => Promise<unknown>
  /** Runs a multi-tenant job for each tenant. */
  readonly fanOut?: FanOut
  /** Lets the stacks of what a job threw point at its sources; absent where nothing was built. Never rejects. */
  readonly pointAtSources?: (thrown: unknown) => Promise<void>
  /** Notified when the store is away; absent where the process has no log to report it in. */
  readonly outage?: StoreOutage
  /** Called when something was put into the queue from here. */
  readonly onQueued?: () => void
  /** Hands a job over, for the code of another one. */
  readonly enqueue?: Enqueue
  /** Runs a job for the code of another one. */
  readonly call?: (name: string, args: readonly JsonValue[], caller: JobScope) => Promise<JsonValue | undefined>
}

/** How the code of an attempt ended, before any policy was applied. */
export type CodeEnd =
  /** `result`: what `run` returned, as it is kept. */
  | { readonly kind: 'returned'; readonly result?: string }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'skipped'; readonly reason: string }

/** The running code of one attempt. */
export interface AttemptBody {
  /** Never rejects. Resolves when the code has really ended. */
  readonly ended: Promise<CodeEnd>
  abort(reason: AbortedError): void
}

/** What a child process needs to know, and what it may report. */
export interface IsolatedRun {
  readonly execution: Execution
  readonly job: Job
  /** Takes one of the child's log lines, as its logger made it. */
  writeLine(line: string): void
  progress(percent: number, message: string | null): void
  /** Runs and enqueues other jobs for the child's code; absent where none can be called. */
  readonly calls?: RelayedCalls
}

/** What an execution with a process of its own may have done here. */
export interface RelayedCalls {
  run(name: string, args: readonly JsonValue[]): Promise<JsonValue | undefined>
  readonly enqueue: Enqueue
  result(executionId: string, options: ResultOptions): Promise<JsonValue | undefined>
}
