import type { JsonValue } from '../support/json.ts'
import type { Execution, PolicyOverrides } from './execution.ts'

/** A job to be enqueued, for some scheduler to run. Times: ms since the epoch. */
export interface EnqueueRequest {
  readonly now: number
  readonly job: string
  /** '' where there is none. */
  readonly tenant: string
  readonly args: readonly JsonValue[]
  /** Not to be started before, at the earliest now. */
  readonly availableAt: number
  readonly priority: number
  readonly maxAttempts: number
  readonly recoverLimit: number
  readonly lock: Execution['lock']
  /** Nothing is enqueued where another execution of its job and tenant runs, or waits for nothing but its turn. */
  readonly skipsIfBusy: boolean
  /** A RUNNING row whose heartbeat is older than this instant is dead. */
  readonly staleBefore: number
  /** Default: `default`. */
  readonly queue?: string
  readonly overrides?: PolicyOverrides
  readonly key?: KeyRequest
}

/** A key, and what happens where another execution has it. Durations in ms. */
export interface KeyRequest {
  readonly key: string
  /**
   * `keep`: nothing. `replace`: one that has not started gets the new arguments and time. `debounce`: the same, at the
   * latest `maxWait` after it was first enqueued.
   */
  readonly onConflict: 'keep' | 'replace' | 'debounce'
  readonly freesAtStart: boolean
  readonly keepFor: number
  readonly maxWait: number | null
}

/** The execution that a request became: a new one, or (`enqueued: false`) one that was there. */
export interface Enqueued {
  readonly id: string
  readonly enqueued: boolean
}
