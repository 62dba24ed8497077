import type { Overlap, RetryPolicy } from '../manifest/types.ts'
import type { NominalTime } from '../schedule/nominal-time.ts'
import type { JsonValue } from '../support/json.ts'

export type { LogLine } from '../logging/log-line.ts'

/** The statuses of an execution, in the order in which it may go through them. The first two are open, the others final. */
export const JOB_STATUSES = ['QUEUED', 'RUNNING', 'SUCCESS', 'FAILURE', 'SKIPPED', 'CANCELLED', 'STALE'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

/** What brought an execution about. */
export type Trigger = 'schedule' | 'catch-up' | 'manual' | 'code' | 'enqueue'

/** Why a fire did not run; the first word of what is stored as its skip reason. */
export const SKIP_CAUSES = [
  'overlap',
  'disabled',
  'paused',
  'pre-check',
  'after',
  'missed',
  'coalesced',
  'replaced',
  'invalid',
] as const
export type SkipCause = (typeof SKIP_CAUSES)[number]

/** An error in the form in which it is stored and shown. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly stack: string | null
}

/** What an enqueued execution was given instead of its job's own policy. Durations in ms. */
export interface PolicyOverrides {
  readonly retry?: RetryPolicy
  readonly timeout?: number
}

/** One claimed fire, one run by hand or from code, or one that was enqueued: a row of `job_open`, then of `job_history`. Times: ms since the epoch. */
export interface Execution {
  /** UUID v7. */
  readonly id: string
  readonly job: string
  /** The schedule's key; '' for manual and code runs. */
  readonly scheduleKey: string
  /**
   * The instant of the fire; of skips that share a row, the first; for manual and code runs, when they were asked for; for
   * enqueued ones, when they are to run.
   */
  readonly scheduledFor: number
  /** '' where there is none. */
  readonly tenant: string
  readonly trigger: Trigger
  readonly status: JobStatus
  /** Counts every start, retries and recoveries alike; 0 before the first. Fences outcomes together with `owner`. */
  readonly attempt: number
  /** How many failures are tolerated in all is `maxAttempts - 1`; recoveries don't use these up. */
  readonly maxAttempts: number
  readonly priority: number
  readonly args: readonly JsonValue[]
  /** Id of the node that runs it; '' while queued. */
  readonly owner: string
  readonly heartbeatAt: number | null
  readonly queuedAt: number
  /** Not to be started before: jitter, or the delay of a retry. */
  readonly availableAt: number
  /** Start of the newest attempt. */
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly error: ErrorRecord | null
  /** In words, beginning with the cause: `overlap: the execution of 02:00 was still running`. */
  readonly skipReason: string | null
  /** How many fires in a row this skip counts; 0 if it is not a skip. */
  readonly skipCount: number
  /** The newest fire that this skip counts; null if it is not a skip. */
  readonly skippedUntil: number | null
  readonly recoveries: number
  readonly recoverLimit: number
  readonly cancelRequestedAt: number | null
  readonly parentId: string | null
  /** Names of the jobs whose fires of the same instant it waits for. */
  readonly after: readonly string[]
  /** Fires for its own nominal time that came at other instants, where nodes' time-zone data differed: it waits for them, too. */
  readonly awaits?: readonly AwaitedFire[]
  /** `bypass`: it runs beside others of its job (overlap `allow`, `--force`) and ignores the lock. */
  readonly lock: 'exclusive' | 'bypass'
  /** Only nodes that serve this queue dequeue it. */
  readonly queue: string
  readonly progress: { readonly percent: number; readonly message: string | null } | null
  /** While it is open, where it was enqueued with one. */
  readonly key?: string
  /** While it is open, where it was enqueued with a policy. */
  readonly overrides?: PolicyOverrides
}

/** A fire that `after` waits for. */
export interface AwaitedFire {
  readonly job: string
  readonly scheduledFor: number
}

/** A row of `job_attempt`. */
export interface Attempt {
  readonly executionId: string
  readonly attempt: number
  readonly owner: string
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly error: ErrorRecord | null
}

/** A due fire, with all that the store needs to decide what becomes of it. */
export interface Fire {
  readonly job: string
  readonly scheduleKey: string
  readonly scheduledFor: number
  readonly tenant: string
  readonly trigger: 'schedule' | 'catch-up'
  readonly priority: number
  readonly args: readonly JsonValue[]
  readonly maxAttempts: number
  readonly recoverLimit: number
  readonly overlap: Overlap
  readonly availableAt: number
  readonly after: readonly string[]
  /** As an execution has them; the claim finds them. */
  readonly awaits?: readonly AwaitedFire[]
  /** The local time for which it fires; absent or null where it goes by its instant alone. */
  readonly nominal?: NominalTime | null
  /** Decided before the claim (disabled, missed): it is recorded as skipped, for this reason. */
  readonly skip: { readonly cause: SkipCause; readonly reason: string } | null
  /** How many fires this one counts, where `skip` is for a whole range ending at `scheduledFor`; else 1. */
  readonly count: number
  /** The first instant of that range. Default: `scheduledFor`. */
  readonly from?: number
  /** The multi-tenant execution that it is part of. */
  readonly parentId?: string
  /** Default: `default`. */
  readonly queue?: string
}

/** What became of one fire in a claim. */
export type ClaimOutcome =
  | { readonly outcome: 'running'; readonly fire: Fire; readonly execution: Execution }
  | { readonly outcome: 'queued'; readonly fire: Fire; readonly executionId: string }
  | { readonly outcome: 'skipped'; readonly fire: Fire; readonly cause: SkipCause; readonly reason: string }
  /** Another process was first: the watermark is past it, or its row exists. */
  | { readonly outcome: 'already-claimed'; readonly fire: Fire }

/** How an attempt ended, as reported by its owner. */
export type Outcome =
  /** `result`: what the job returned, as text. */
  | { readonly kind: 'success'; readonly result?: string }
  | { readonly kind: 'failure'; readonly error: ErrorRecord }
  | { readonly kind: 'retry'; readonly error: ErrorRecord; readonly availableAt: number }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly error: ErrorRecord }
  /** Requeued by a process that stops; counts as a recovery. */
  | { readonly kind: 'released'; readonly error: ErrorRecord }

/** Whether an execution of this status will never change again. */
export function isFinal(status: JobStatus): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING'
}

/** The status meant by a text, in any case; undefined where there is no such status. */
export function statusNamed(text: string): JobStatus | undefined {
  const wanted = text.trim().toUpperCase()
  return JOB_STATUSES.find((status) => status === wanted)
}

/** The cause with which a skip reason begins. */
export function causeOf(skipReason: string): SkipCause {
  return SKIP_CAUSES.find((cause) => skipReason === cause || skipReason.startsWith(`${cause}:`)) ?? 'invalid'
}
