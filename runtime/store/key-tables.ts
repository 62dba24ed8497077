import type { JsonValue } from '../support/json.ts'
import type { LockKey } from './locks.ts'
import type { Script } from './transaction-script.ts'

/** What a key is unique by. */
export interface JobKey extends LockKey {
  readonly key: string
}

/** A row of `job_key`: the execution that has a key, and for how long. Times: ms since the epoch. */
export interface HeldKey extends JobKey {
  readonly executionId: string
  /** Whether it is freed when the execution starts; else when it has ended. */
  readonly freesAtStart: boolean
  /** How long it is kept after that. */
  readonly keepFor: number
  /** Until when the execution may be put off; null where nothing limits it. */
  readonly latestAt: number | null
}

/** Another time and other arguments for an execution that has never started. */
export interface Rescheduling {
  readonly id: string
  readonly args: readonly JsonValue[]
  readonly availableAt: number
  readonly now: number
}

/** Keys of enqueued work: rows of their own, so that pruning history frees none. */
export interface KeyTables {
  /** The execution that has the key at `now`; null where it is free. Locks nothing. */
  keyHolder(key: JobKey, now: number): Script<Pick<HeldKey, 'executionId' | 'latestAt'> | null>
  /** Takes a key that is free at `now`; false where somebody else has it. Waits for others who have taken it and not yet committed. */
  takeKey(held: HeldKey, now: number): Script<boolean>
  /** Frees keys of these executions, now that they have started (those that are freed then) or ended (all). */
  freeKeys(executionIds: readonly string[], at: number, when: 'start' | 'end'): Script<void>
  /** False where the execution has started, or ended. */
  reschedule(change: Rescheduling): Script<boolean>
  /** Forgets keys that have been free since before `before`. */
  removeFreeKeys(before: number): Script<void>
}
