import type { JsonValue } from '../support/json.ts'
import type { Enqueued, EnqueueRequest } from './enqueue-request.ts'
import { StoreError } from './errors.ts'
import type { ClaimOutcome, Execution, Fire, LogLine, Outcome, Trigger } from './execution.ts'
import type { JobStore, NodeRecord, PreCheckVerdict, StoreTransaction } from './job-store.ts'
import type { NodeSessionRecord } from './node-tables.ts'
import type { HeardNotice, StoreListener } from './notices.ts'

/** The state of a schedule in the store. */
export interface ScheduleState {
  readonly key: string
  readonly job: string
  /** High-water mark: every fire up to and including this instant was dealt with. */
  readonly watermark: number
  /** Origin of a rate; null for other kinds. */
  readonly anchor: number | null
}

/** A schedule as a scheduler makes it known to the store. */
export interface ScheduleRegistration {
  readonly key: string
  readonly job: string
  /** As written; for listings. */
  readonly expression: string
  readonly timezone: string
  readonly args: readonly JsonValue[]
  readonly origin: 'manifest' | 'code'
  /** Used only where the key is new (or was retired): the watermark and the anchor to begin with. */
  readonly watermark: number
  readonly anchor: number | null
}

/** A job's schedules under its new name, each with the key that it had under the old one. */
export interface JobRename {
  readonly from: string
  readonly to: string
  readonly schedules: readonly (Omit<ScheduleRegistration, 'job' | 'watermark' | 'anchor'> & {
    readonly formerKey: string
  })[]
  readonly now: number
}

/** A run that is not a fire of the loop: by hand, from code, or a backfill of one fire. */
export interface RunRequest {
  readonly node: string
  readonly now: number
  readonly job: string
  readonly tenant: string
  readonly trigger: Trigger
  /** '' and the present time, unless it backfills a fire of that schedule. */
  readonly scheduleKey: string
  readonly scheduledFor: number
  readonly args: readonly JsonValue[]
  readonly priority: number
  readonly maxAttempts: number
  readonly recoverLimit: number
  /** Kept with the execution: its retries wait there. Default: `default`. */
  readonly queue?: string
  readonly parentId: string | null
  readonly lock: 'exclusive' | 'bypass'
  /** A RUNNING row whose heartbeat is older than this instant doesn't hold the lock. */
  readonly staleBefore: number
  /** Runs inside the lock's transaction, before the row is written. Throwing rolls everything back. */
  readonly preCheck?: (transaction: StoreTransaction) => Promise<PreCheckVerdict>
}

export type RunStart =
  | { readonly acquired: true; readonly execution: Execution }
  /** The lock is held; by whom, where that could be read. */
  | { readonly acquired: false; readonly cause: 'locked'; readonly reason: string; readonly holder: Execution | null }
  | { readonly acquired: false; readonly cause: 'pre-check'; readonly reason: string; readonly executionId: string }
  | { readonly acquired: false; readonly cause: 'already-claimed'; readonly reason: string }

/**
 * The store as the runtime uses it: all of JobStore, and what claims, runs and completes executions. Three drivers
 * implement it (SQLite, PostgreSQL, memory), and one conformance suite holds all of them to this page. Every method
 * that changes something is one transaction. Times are ms since the epoch and come from the caller; a store never reads
 * the clock for them.
 *
 * Errors: StoreError, with `code` STORE_BUSY (waited for the whole time allowed), STORE_UNAVAILABLE (away; worth
 * trying again), STORE_FULL, STORE_READ_ONLY, STORE_CORRUPT, STORE_REPLACED, STORE_TOO_NEW, STORE_DRIVER_MISSING, STORE_URL.
 */
export interface Store extends JobStore {
  /** The whole URL, for a further connection (the heartbeat's thread, a child process); null for `memory:`. Never shown. */
  readonly target: string | null

  // --- schedules
  /**
   * Makes these schedules known and returns the state of each, in the same order. A key that is there keeps its watermark
   * and anchor; a new or retired one starts with those given. Keys that are known but not among them are retired
   * (a later return starts afresh), unless `retireOthers` is false.
   */
  registerSchedules(
    schedules: readonly ScheduleRegistration[],
    options: { now: number; retireOthers: boolean },
  ): Promise<ScheduleState[]>
  /**
   * Moves watermarks, anchors and pauses of a job to its new name, in one transaction; what is finished keeps the old
   * name. Where an execution of it waits or runs, nothing is moved, and that execution is returned.
   */
  renameJob(rename: JobRename): Promise<Execution | null>

  // --- claiming
  /**
   * One tick, one transaction. Moves each watermark forward (never back) and claims each fire after the stored
   * one, in order of priority, then scheduledFor. The rules of overlap, pause, `after` and the lock are applied here
   * (docs/architecture.md, "Claiming"); at most `slots` fires are returned as running and owned by `node`. A fire whose
   * schedule isn't in `watermarks` is claimed by its unique key alone.
   */
  claim(tick: {
    node: string
    now: number
    slots: number
    staleBefore: number
    watermarks: readonly { key: string; to: number }[]
    fires: readonly Fire[]
    /** The queues whose fires the node may start; all where they aren't given. */
    queues?: readonly string[]
  }): Promise<ClaimOutcome[]>

  /** Dequeues up to `limit` queued executions that may run now, best first, and makes them running and owned by `node`. */
  dequeue(request: {
    node: string
    now: number
    limit: number
    staleBefore: number
    /** Only this one. */
    id?: string
    /** The queues that the node serves; all where they aren't given. */
    queues?: readonly string[]
    /** The jobs that the node knows; all where they aren't given. */
    jobs?: readonly string[]
  }): Promise<DequeueResult>

  /** Puts work into the queue, all of it or none; says of each request, in their order, which execution it became. `transaction`: the caller's. */
  enqueue(requests: readonly EnqueueRequest[], transaction?: unknown): Promise<Enqueued[]>

  /** Starts a run by hand, from code, or a backfill. */
  begin(request: RunRequest): Promise<RunStart>

  /**
   * Ends an attempt. False when the caller no longer owned it (owner, attempt): then nothing was written.
   * Calls made close together are committed as a group. With `retainLock` the job's code is still running although its
   * outcome is decided (a time-out that it ignores): the lock is then retained while the owner's
   * node keeps its heartbeat (job_node), until `freeRetainedLock`; for `overlap` that counts as running.
   */
  complete(end: {
    id: string
    owner: string
    attempt: number
    at: number
    outcome: Outcome
    retainLock?: boolean
  }): Promise<boolean>

  /** Frees a retained lock: the code of this execution has really ended. */
  freeRetainedLock(executionId: string): Promise<void>

  /**
   * Runs `work` in a transaction on a further connection, with the lock row of (job, tenant) locked, as the
   * pre-check of a running execution; commits when it resolves, rolls back when it rejects or takes over `limit` ms
   * (then StoreError PRE_CHECK_TIMEOUT).
   */
  transaction<Result>(
    scope: { job: string; tenant: string; limit: number },
    work: (transaction: StoreTransaction) => Promise<Result>,
  ): Promise<Result>

  /**
   * RUNNING rows whose heartbeat is older than `staleBefore`, or whose owner is among `dead`, nodes whose process is
   * known to have ended: queued again while `recover` lasts, else STALE. Locks that dead nodes retained are freed.
   */
  recover(request: {
    now: number
    staleBefore: number
    dead?: readonly string[]
  }): Promise<{ requeued: Execution[]; stale: Execution[] }>

  /** Ids of `node`'s running executions that were asked to cancel. */
  cancelRequests(node: string): Promise<string[]>

  // --- what an execution leaves behind
  appendLog(executionId: string, attempt: number, lines: readonly LogLine[]): Promise<void>
  setProgress(executionId: string, percent: number, message: string | null): Promise<void>

  // --- reading
  /** What the job of an execution returned, as `complete` was given it; null where there is nothing. */
  resultText(executionId: string): Promise<string | null>
  /** When the earliest queued execution becomes available; null when none is queued. */
  nextAvailableAt(): Promise<number | null>

  // --- nodes
  /**
   * How far the clock of heartbeats is ahead of this process's, in ms: the server's in PostgreSQL, measured by
   * `registerNode`, `heartbeat` and `nodes`; else 0. All that goes in and out of a store is in the process's own time.
   */
  readonly clockOffset: number
  /** Its `clockOffset` is filled in. */
  registerNode(node: NodeRecord): Promise<void>
  /** One heartbeat for a node and for everything it runs. */
  heartbeat(node: string, now: number): Promise<void>
  /** Says when the loop will wake next; written by the loop itself, so a blocked loop is seen. */
  setNextWake(node: string, nextWakeAt: number): Promise<void>
  /** At its orderly end; its session ends at `at`. */
  removeNode(id: string, at: number): Promise<void>
  /** Since when schedulers watched, and until when, those of the past included; oldest first. */
  sessions(): Promise<NodeSessionRecord[]>

  // --- notices
  /**
   * Calls `hearer` for what any process queued or asked to cancel, as soon as that is committed. Only PostgreSQL notifies, and
   * not through every proxy: look at `isLive`, and poll from time to time all the same.
   */
  listen(hearer: (notice: HeardNotice) => void): StoreListener

  // --- keeping house
  /**
   * Removes the nodes whose last heartbeat is older than `before` (ms since the epoch): processes long dead, whose
   * sessions ended with that heartbeat.
   */
  forgetNodes(before: number): Promise<void>
  /**
   * Deletes at most `batch` ended executions that finished before `finishedBefore` or exceed `maxPerJob`, with all that
   * belongs to them; never one whose parent is open, nor for its age one that ran ahead of an instant that is not as old. Those of a fan-out don't count towards `maxPerJob`: they go with
   * their parent.
   */
  prune(request: { finishedBefore: number; maxPerJob: number; batch: number }): Promise<number>
}

export interface DequeueResult {
  readonly taken: Execution[]
  /** Queued fires that ended as skipped because a job named in `after` didn't succeed. */
  readonly skipped: Execution[]
}

/**
 * The internal interface of a store that `openStore` returned, whichever copy of the runtime opened it (the package's or
 * a build's). Throws StoreError STORE_FOREIGN for any other object.
 */
export function internalStore(store: JobStore): Store {
  if (isInternal(store)) return store
  throw new StoreError('STORE_FOREIGN', 'the store is not an object that openStore() returned', {
    hint: 'pass what openStore() returns, or the URL of a store',
  })
}

function isInternal(store: JobStore): store is Store {
  return 'claim' in store && 'begin' in store && 'complete' in store
}
