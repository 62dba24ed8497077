import type { Env } from '../env.ts'
import type { JsonValue } from '../json.ts'
import type { Logger } from '../logging/logger.ts'
import type { DatabaseClient } from './database.ts'

/** What a job's `run` is given: fresh for each attempt. */
export interface JobContext<Args extends readonly unknown[] = readonly JsonValue[]> {
  /** The job's name, as in the manifest. */
  readonly job: string
  readonly executionId: string
  /** Counts from 1; a retry and a recovery have higher ones. */
  readonly attempt: number
  /** The instant of the fire that this execution stands for; for runs by hand, when it was asked for. */
  readonly scheduledFor: Date
  readonly args: Args
  /** The tenant it runs for; undefined where the job isn't multi-tenant. */
  readonly tenant: string | undefined
  /** Every line carries `job` and `executionId`, and is kept with the execution. */
  readonly log: Logger
  /** Aborted on time-out, on a request to cancel and when the process stops; its reason says which. */
  readonly signal: AbortSignal
  /** The environment, `.env` files included. */
  readonly env: Env
  /** The workspace's SQL client (src/backend/db/connection.ts): opened on first use, closed when the run has ended. */
  readonly database: DatabaseClient
  /** Keeps how far it is: `percent` from 0 to 100. */
  progress(percent: number, message?: string): void
  /** Runs another job now, in this one's slot, and waits for it; rejects with its error. */
  runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void>
}
