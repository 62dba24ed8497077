import type { Execution } from '../store/execution.ts'
import type { AbortCause } from '../worker/abort.ts'

/** What hands executions to workers. `local` is this process; others may hand them to many machines. */
export interface Engine {
  /**
   * Calls `work` with the number of free slots, and offers them to nothing else until it has ended: what it claims must
   * be started before. Calls wait for each other.
   */
  withSlots<Result>(work: (slots: number) => Promise<Result>): Promise<Result>
  /** Starts executions that are RUNNING in the store and owned by this node. */
  start(executions: readonly Execution[]): void
  /** Says that something may be waiting in the queue. */
  lookAtQueue(): void
  /** Resolves when nothing runs here and nothing in the queue could run now. */
  idle(): Promise<void>
  /** Resolves when this execution has come to its end, here or elsewhere; retries and recoveries are waited for. */
  ended(executionId: string): Promise<void>
  /** Aborts one execution; false where it doesn't run here. */
  abort(executionId: string, cause: AbortCause): boolean
  /** Starts nothing more, waits up to `grace` ms for all that runs here, then aborts it. Safe to call twice. */
  stop(grace: number): Promise<void>
}
