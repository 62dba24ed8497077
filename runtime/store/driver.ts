import type { Attempt, ErrorRecord, Execution, JobStatus, LogLine, SkipCause } from './execution.ts'
import type { Lingering, Pair } from './locks.ts'
import type {
  ExecutionFilter,
  NodeRecord,
  PauseRecord,
  ScheduleRegistration,
  Store,
  StoreTransaction,
} from './store.ts'
import type { Steps } from './transaction-script.ts'

/** A row of `job_schedule_state`. */
export interface StoredSchedule {
  readonly key: string
  readonly job: string
  readonly expression: string
  readonly timezone: string
  readonly mark: number
  readonly anchor: number | null
  readonly retired: boolean
}

/** A row of `job_state`: whether a job is paused, and when it was. */
export interface PauseHistory extends PauseRecord {
  /** Pauses that are over, as [from, to). */
  readonly past: readonly (readonly [from: number, to: number])[]
}

/** A skip that further fires may be counted into. */
export interface LastSkip extends Pair {
  readonly id: string
  readonly cause: SkipCause
  readonly scheduledFor: number
  readonly skippedUntil: number
  /** False once something else of this job was recorded after it. */
  readonly isNewest: boolean
}

/** What `after` looks at: a fire of another job, or a row of skips around the instant. */
export interface Dependency extends Pair {
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
  schedules(keys: readonly string[] | null): Steps<StoredSchedule[]>
  /** Marks of those of these keys that are known, locked until the transaction ends. */
  marks(keys: readonly string[]): Steps<ReadonlyMap<string, number>>
  /** Never moves a mark back. */
  moveMarks(marks: readonly { key: string; to: number }[]): Steps<void>
  /** New ones, or retired ones that start afresh. */
  putSchedules(schedules: readonly ScheduleRegistration[], now: number): Steps<void>
  retireSchedules(keys: readonly string[], now: number): Steps<void>

  // --- locks
  /** Keeps others from deciding about these pairs until the transaction ends; without `wait`, only the free ones. */
  lockPairs(pairs: readonly Pair[], wait: boolean): Steps<readonly Pair[]>
  lingering(): Steps<Lingering[]>
  /** Keeps the locks of these executions, which just ended, for as long as their node lives; not of `bypass` ones. */
  linger(executionIds: readonly string[]): Steps<void>
  freeLinger(executionId: string): Steps<void>

  // --- executions
  byIds(ids: readonly string[]): Steps<Execution[]>
  /** QUEUED and RUNNING ones of these pairs. */
  openOf(pairs: readonly Pair[]): Steps<Execution[]>
  /**
   * RUNNING ones of these pairs, and of the QUEUED ones that may run at `now` those that could be next: the first in
   * each line, and up to `limit` of those that pass the lock by. It may give more.
   */
  nextOf(pairs: readonly Pair[], now: number, limit: number): Steps<Execution[]>
  /** Pairs of queued executions that may run at `now`, best first, where nothing fresh holds the lock. */
  duePairs(now: number, staleBefore: number, limit: number, offset: number): Steps<Pair[]>
  /** Which of these fires have a row: their positions. */
  claimedAmong(fires: readonly FireKey[]): Steps<ReadonlySet<number>>
  /** Instant of the latest execution there is; null where there is none. */
  newestInstant(): Steps<number | null>
  dependencies(wanted: readonly { job: string; scheduledFor: number }[]): Steps<Dependency[]>
  lastSkips(pairs: readonly Pair[]): Steps<LastSkip[]>
  insert(executions: readonly Execution[], skipCauses: ReadonlyMap<string, SkipCause>): Steps<void>
  extendSkips(more: readonly { id: string; count: number; until: number; at: number }[]): Steps<void>
  /** Only those that are still QUEUED; returns their ids. */
  start(starting: readonly Starting[], node: string, now: number): Steps<ReadonlySet<string>>
  /** Only those that still have the status (and, where running, the owner and attempt) given; returns their ids. */
  end(endings: readonly Ending[], from: 'QUEUED' | 'RUNNING'): Steps<ReadonlySet<string>>
  /** Ends attempts of `owner` well, with a row of each, where they are its own and running still; returns their ids. */
  succeed(ends: readonly { id: string; attempt: number; at: number }[], owner: string): Steps<ReadonlySet<string>>
  requestCancel(ids: readonly string[], now: number): Steps<void>
  cancelRequests(node: string): Steps<string[]>
  /** RUNNING ones without a heartbeat since `before`; locked until the transaction ends. */
  stale(before: number, limit: number): Steps<Execution[]>
  /** RUNNING ones among these ids; locked until the transaction ends. */
  running(ids: readonly string[]): Steps<Execution[]>
  setProgress(id: string, percent: number, message: string | null): Steps<void>
  list(filter: ExecutionFilter): Steps<Execution[]>
  nextAvailableAt(): Steps<number | null>

  // --- attempts
  insertAttempts(attempts: readonly Attempt[]): Steps<void>
  attempts(executionId: string): Steps<Attempt[]>

  // --- logs
  logSize(executionId: string): Steps<LogSize>
  addLog(executionId: string, attempt: number, from: number, lines: readonly LogLine[]): Steps<void>
  /** Says in the last line how many were left out. */
  cutLog(executionId: string, attempt: number, line: number, note: LogLine, cut: number): Steps<void>
  logLines(executionId: string, from: number): Steps<LogLine[]>

  // --- pausing
  /** Of one job, or all that were ever paused (few). */
  pauses(job: string | null): Steps<PauseHistory[]>
  putPause(pause: PauseHistory): Steps<void>

  // --- nodes
  putNode(node: NodeRecord): Steps<void>
  beat(node: string, now: number): Steps<void>
  setNextWake(node: string, at: number): Steps<void>
  removeNode(id: string): Steps<void>
  nodes(): Steps<NodeRecord[]>

  // --- keeping house
  finishedBefore(before: number, limit: number): Steps<string[]>
  /** Names of jobs, all those included that have more than `keep` executions. */
  jobsBeyond(keep: number): Steps<string[]>
  /** Ids of the final ones of `job` beyond the newest `keep`. */
  beyond(job: string, keep: number, limit: number): Steps<string[]>
  remove(ids: readonly string[]): Steps<void>
}

/** What makes a fire this fire. */
export interface FireKey extends Pair {
  readonly scheduleKey: string
  readonly scheduledFor: number
}

/** A transaction with a connection of its own, open while other code is waited for. */
export interface Session {
  readonly transaction: StoreTransaction
  run<Result>(steps: Steps<Result>): Promise<Result>
}

/** What a database has to offer for a store to stand on it. */
export interface Driver extends Pick<Store, 'url' | 'target' | 'dialect'> {
  readonly tables: Tables
  read<Result>(steps: () => Steps<Result>): Promise<Result>
  /** One transaction. The steps may be made and run anew, after a conflict with another process. */
  write<Result>(steps: () => Steps<Result>): Promise<Result>
  /** Commits when `work` resolves, rolls back when it rejects. Nobody decides about `pair` meanwhile. */
  alone<Result>(pair: Pair, work: (session: Session) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}
