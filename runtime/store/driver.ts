import type { Attempt, ErrorRecord, Execution, JobStatus, LogLine, SkipCause } from './execution.ts'
import type { ExecutionFilter, NodeRecord, PauseRecord, StoreTransaction } from './job-store.ts'
import type { LockKey, RetainedLock } from './locks.ts'
import type { HeardNotice, StoreListener } from './notices.ts'
import type { ScheduleRegistration, Store } from './store.ts'
import type { Script } from './transaction-script.ts'

/** A row of `job_schedule_state`. */
export interface StoredSchedule {
  readonly key: string
  readonly job: string
  readonly expression: string
  readonly timezone: string
  readonly watermark: number
  readonly anchor: number | null
  readonly retired: boolean
}

/** A row of `job_state`: whether a job is paused, and when it was. */
export interface PauseHistory extends PauseRecord {
  /** Pauses that are over, as [from, to). */
  readonly past: readonly (readonly [from: number, to: number])[]
}

/** A skip that further fires may be counted into. */
export interface LastSkip extends LockKey {
  readonly id: string
  readonly cause: SkipCause
  readonly scheduledFor: number
  readonly skippedUntil: number
  /** False once something else of this job was recorded after it. */
  readonly isNewest: boolean
}

/** What `after` looks at: a fire of another job, or a row of skips around the instant. */
export interface Dependency extends LockKey {
  readonly status: JobStatus
  readonly scheduledFor: number
  /** End of the range it stands for; its own instant where it is no skip. */
  readonly until: number
}

/** The new state of an open execution that stops running or waiting. */
export interface Ending {
  readonly id: string
  readonly status: JobStatus
  readonly owner: string
  readonly availableAt: number
  readonly finishedAt: number | null
  readonly durationMs: number | null
  readonly error: ErrorRecord | null
  readonly skip: { readonly cause: SkipCause; readonly reason: string; readonly until: number } | null
  readonly recoveries: number
}

/** The new state of a queued execution that starts. */
export interface Starting {
  readonly id: string
  readonly attempt: number
}

export interface LogSize {
  readonly lines: number
  readonly bytes: number
  /** Lines that were left out; 0 while the log isn't full. */
  readonly cut: number
}

/**
 * The tables, as the rules need them: what to read and what to write, no rule in itself. Behind it stand SQL (both
 * dialects) and plain maps. Sets go in and out at once, because a statement for each row would cost too much.
 */
export interface Tables {
  // --- schedules
  /** Those of these keys that are known, locked until the transaction ends; all for `null`. */
  schedules(keys: readonly string[] | null): Script<StoredSchedule[]>
  /** Marks of those of these keys that are known, locked until the transaction ends. */
  watermarks(keys: readonly string[]): Script<ReadonlyMap<string, number>>
  /** Never moves a mark back. */
  moveMarks(watermarks: readonly { key: string; to: number }[]): Script<void>
  /** New ones, or retired ones that start afresh. */
  putSchedules(schedules: readonly ScheduleRegistration[], now: number): Script<void>
  retireSchedules(keys: readonly string[], now: number): Script<void>

  // --- locks
  /** Keeps others from deciding about these pairs until the transaction ends; without `wait`, only the free ones. */
  lockPairs(pairs: readonly LockKey[], wait: boolean): Script<readonly LockKey[]>
  retained(): Script<RetainedLock[]>
  /** Keeps the locks of these executions, which just ended, for as long as their node lives; not of `bypass` ones. */
  retainLock(executionIds: readonly string[]): Script<void>
  freeRetainedLock(executionId: string): Script<void>

  // --- executions
  byIds(ids: readonly string[]): Script<Execution[]>
  /** QUEUED and RUNNING ones of these pairs. */
  openOf(pairs: readonly LockKey[]): Script<Execution[]>
  /**
   * RUNNING ones of these pairs, and of the QUEUED ones that may run at `now` those that could be next: the first in
   * each line, and up to `limit` of those that pass the lock by. It may give more.
   */
  nextOf(pairs: readonly LockKey[], now: number, limit: number): Script<Execution[]>
  /** Pairs of queued executions that may run at `now`, best first, where nothing fresh holds the lock. */
  duePairs(now: number, staleBefore: number, limit: number, offset: number): Script<LockKey[]>
  /** Which of these fires have a row: their positions. */
  claimedAmong(fires: readonly FireKey[]): Script<ReadonlySet<number>>
  /** Instant of the latest execution there is; null where there is none. */
  newestInstant(): Script<number | null>
  dependencies(wanted: readonly { job: string; scheduledFor: number }[]): Script<Dependency[]>
  lastSkips(pairs: readonly LockKey[]): Script<LastSkip[]>
  insert(executions: readonly Execution[], skipCauses: ReadonlyMap<string, SkipCause>): Script<void>
  extendSkips(more: readonly { id: string; count: number; until: number; at: number }[]): Script<void>
  /** Only those that are still QUEUED; returns their ids. */
  start(starting: readonly Starting[], node: string, now: number): Script<ReadonlySet<string>>
  /** Only those that still have the status (and, where running, the owner and attempt) given; returns their ids. */
  end(endings: readonly Ending[], from: 'QUEUED' | 'RUNNING'): Script<ReadonlySet<string>>
  /** Ends attempts of `owner` well, with a row of each, where they are its own and running still; returns their ids. */
  succeed(ends: readonly { id: string; attempt: number; at: number }[], owner: string): Script<ReadonlySet<string>>
  requestCancel(ids: readonly string[], now: number): Script<void>
  cancelRequests(node: string): Script<string[]>
  /** RUNNING ones without a heartbeat since `before`; locked until the transaction ends. */
  stale(before: number, limit: number): Script<Execution[]>
  /** RUNNING ones among these ids; locked until the transaction ends. */
  running(ids: readonly string[]): Script<Execution[]>
  setProgress(id: string, percent: number, message: string | null): Script<void>
  list(filter: ExecutionFilter): Script<Execution[]>
  nextAvailableAt(): Script<number | null>

  // --- attempts
  insertAttempts(attempts: readonly Attempt[]): Script<void>
  attempts(executionId: string): Script<Attempt[]>

  // --- logs
  logSize(executionId: string): Script<LogSize>
  addLog(executionId: string, attempt: number, from: number, lines: readonly LogLine[]): Script<void>
  /** Says in the last line how many were left out. */
  cutLog(executionId: string, attempt: number, line: number, note: LogLine, cut: number): Script<void>
  logLines(executionId: string, from: number): Script<LogLine[]>

  // --- pausing
  /** Of one job, or all that were ever paused (few). */
  pauses(job: string | null): Script<PauseHistory[]>
  putPause(pause: PauseHistory): Script<void>

  // --- nodes
  putNode(node: NodeRecord): Script<void>
  heartbeat(node: string, now: number): Script<void>
  setNextWake(node: string, at: number): Script<void>
  removeNode(id: string): Script<void>
  nodes(): Script<NodeRecord[]>

  // --- keeping house
  finishedBefore(before: number, limit: number): Script<string[]>
  /** Names of jobs, all those included that have more than `keep` executions. */
  jobsBeyond(keep: number): Script<string[]>
  /** Ids of the final ones of `job` beyond the newest `keep`. */
  beyond(job: string, keep: number, limit: number): Script<string[]>
  remove(ids: readonly string[]): Script<void>
}

/** What makes a fire this fire. */
export interface FireKey extends LockKey {
  readonly scheduleKey: string
  readonly scheduledFor: number
}

/** A transaction with a connection of its own, open while other code is waited for. */
export interface Session {
  readonly transaction: StoreTransaction
  run<Result>(steps: Script<Result>): Promise<Result>
}

/** What a database has to offer for a store to stand on it. */
export interface Driver extends Pick<Store, 'url' | 'target' | 'dialect'> {
  readonly tables: Tables
  read<Result>(steps: () => Script<Result>): Promise<Result>
  /** One transaction. The steps may be made and run anew, after a conflict with another process. */
  write<Result>(steps: () => Script<Result>): Promise<Result>
  /** Commits when `work` resolves, rolls back when it rejects. Nobody decides about `pair` meanwhile. */
  alone<Result>(pair: LockKey, work: (session: Session) => Promise<Result>): Promise<Result>
  /** See `Store.listen`. */
  listen(hearer: (notice: HeardNotice) => void): StoreListener
  close(): Promise<void>
}
