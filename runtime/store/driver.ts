import type { Attempt, ErrorRecord, Execution, JobStatus, LogLine, SkipCause } from './execution.ts'
import type { ExecutionFilter, PauseRecord, StoreTransaction } from './job-store.ts'
import type { KeyTables } from './key-tables.ts'
import type { LockKey, RetainedLock } from './locks.ts'
import type { NodeTables } from './node-tables.ts'
import type { HeardNotice, StoreListener } from './notices.ts'
import type { QueuePosition } from './queue-position.ts'
import type { ResultTables } from './result-tables.ts'
import type { ScheduleTables } from './schedule-tables.ts'
import type { Store } from './store.ts'
import type { Script } from './transaction-script.ts'

/** A pause in which nothing that is queued starts. */
export type Drain = Pick<PauseRecord, 'scope' | 'job'>

/** A row of `job_pause`: whether something is paused, and when it was. */
export interface PauseHistory extends PauseRecord {
  /** Pauses that are over, as [from, to). */
  readonly past: readonly (readonly [from: number, to: number])[]
}

/** What `after` looks at: a fire of another job, or a row of skips around the instant. */
export interface Dependency extends LockKey {
  readonly status: JobStatus
  readonly scheduledFor: number
  /** End of its range; its own instant if it is not a skip. */
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

/** An execution that ended or went back to the queue; `followed`: others of its line may wait for that. */
export interface EndedOpen extends LockKey {
  readonly id: string
  readonly followed: boolean
  /** It may have a key. */
  readonly keyed: boolean
}

/** A row to be written to the open executions. */
export interface NewExecution {
  readonly execution: Execution
  /** 0: it runs, or may be next. 1: it waits behind another one of its line. 2: its time has not come. */
  readonly waits: 0 | 1 | 2
  /** Others of its line wait behind it. */
  readonly followed: boolean
}

export interface QueuePage {
  readonly queues: readonly string[]
  /** Only of these jobs; of all where it isn't given. */
  readonly jobs?: readonly string[]
  readonly now: number
  readonly after: QueuePosition | null
  readonly limit: number
}

/** The new state of a queued execution that starts. */
export interface Starting {
  readonly id: string
  readonly attempt: number
  /** As it was read: where it has been rescheduled since, it doesn't start. */
  readonly queuedAt: number
}

export interface LogSize {
  readonly lines: number
  readonly bytes: number
  /** Lines that were left out; 0 while the log isn't full. */
  readonly cut: number
}

/**
 * The tables, as the rules need them: what to read and what to write, no rule in itself. Behind it are SQL (both
 * dialects) and plain maps. Sets go in and out at once, because a statement for each row would cost too much.
 */
export interface Tables extends ScheduleTables, NodeTables, KeyTables, ResultTables {
  // --- locks
  /** Keeps others from deciding about these pairs until the transaction ends; without `wait`, only the free ones. */
  lockPairs(pairs: readonly LockKey[], wait: boolean): Script<readonly LockKey[]>
  retained(): Script<RetainedLock[]>
  /** Keeps the locks of these exclusive executions, which just ended, for as long as their node lives. */
  retainLock(executions: readonly Execution[], at: number): Script<void>
  freeRetainedLock(executionId: string): Script<void>

  // --- executions
  byIds(ids: readonly string[]): Script<Execution[]>
  /** All that is open of these lines: QUEUED, RUNNING, and the SKIPPED one that counts. */
  openOf(pairs: readonly LockKey[]): Script<Execution[]>
  /**
   * As much of it as a fire has to know that replaces nothing: RUNNING ones, the SKIPPED one that counts, the first
   * exclusive one that may run at `now`, and the first such of another instant than the fire's.
   */
  headsOf(fires: readonly (LockKey & { readonly scheduledFor: number })[], now: number): Script<Execution[]>
  /** RUNNING ones of these lines, the SKIPPED one that counts, and the first that is exclusive and may run at `now`. */
  nextOf(pairs: readonly LockKey[], now: number): Script<Execution[]>
  /** New rows among the open ones: QUEUED, RUNNING, or a SKIPPED one that counts. */
  insert(rows: readonly NewExecution[]): Script<void>
  /** New rows of history. */
  insertEnded(executions: readonly Execution[]): Script<void>
  list(filter: ExecutionFilter): Script<Execution[]>

  // --- fires
  /** Which of these fires are claimed by their own row: their positions. */
  claimedAmong(fires: readonly (readonly [place: number, fire: FireKey])[]): Script<readonly number[]>
  /** Which of these fires, all without a tenant, an execution was recorded for: their positions. */
  recordedAmong(fires: readonly (readonly [place: number, fire: FireKey])[]): Script<readonly number[]>
  /** Instant of the latest fire that is claimed by its own row; null where there is none. */
  newestClaimed(): Script<number | null>
  claimFires(fires: readonly (FireKey & { readonly executionId: string })[]): Script<void>
  /** Fires of these jobs at these instants, without a tenant; rows of skips around them too. */
  dependencies(wanted: readonly { job: string; scheduledFor: number }[]): Script<Dependency[]>
  /** The same of fires with a tenant. */
  tenantDependencies(wanted: readonly { job: string; scheduledFor: number; tenant: string }[]): Script<Dependency[]>

  // --- the queue
  /**
   * Promotes those whose time has come. Returns in which queues something may be next, up to `limit` lines whose head has
   * had no heartbeat since `staleBefore`, and what is drained.
   */
  prepareDequeue(
    now: number,
    staleBefore: number,
    limit: number,
  ): Script<{
    readonly queues: readonly string[]
    readonly dead: readonly LockKey[]
    readonly drains: readonly Drain[]
  }>
  /** QUEUED ones that may be next, in the order of the queue; those that others decide about are left out. */
  queuePage(page: QueuePage): Script<Execution[]>
  nextAvailableAt(): Script<number | null>
  /** Marks those as followed that others can wait behind at `now`: they can't end unseen any more. Returns their ids. */
  follow(ids: readonly string[], now: number): Script<ReadonlySet<string>>
  /** Promotes the first one that waits in each of these lines. */
  promote(lines: readonly LockKey[]): Script<void>
  /** Only those that are still QUEUED; returns their ids. `heartbeatAt`: their first; default: `now`. */
  start(starting: readonly Starting[], node: string, now: number, heartbeatAt?: number): Script<ReadonlySet<string>>

  // --- ends
  /** Into history; only those that still have the status given. Returns these. */
  finish(endings: readonly Ending[], from: 'QUEUED' | 'RUNNING'): Script<EndedOpen[]>
  /** RUNNING ones, back into the queue. Returns those that were running. */
  requeue(endings: readonly Ending[], now: number): Script<EndedOpen[]>
  /** Ends attempts of `owner` well, where they are its own and running still. Returns whose end counts, followed lines, and who has a key. */
  succeed(
    ends: readonly { id: string; attempt: number; at: number }[],
    owner: string,
  ): Script<{ ids: ReadonlySet<string>; followed: readonly LockKey[]; keyed: readonly string[] }>
  extendSkips(more: readonly { id: string; count: number; until: number; at: number }[]): Script<void>
  /** Rows that count skips become history: nothing is counted into them any more. */
  closeSkips(ids: readonly string[]): Script<void>

  // --- what runs
  requestCancel(ids: readonly string[], now: number): Script<void>
  cancelRequests(node: string): Script<string[]>
  /** RUNNING ones without a heartbeat since `before`, or of one of these owners; locked until the transaction ends. */
  stale(before: number, owners: readonly string[], limit: number): Script<Execution[]>
  /** RUNNING ones among these ids; locked until the transaction ends. */
  running(ids: readonly string[]): Script<Execution[]>
  setProgress(id: string, percent: number, message: string | null): Script<void>

  // --- attempts
  insertAttempts(attempts: readonly Attempt[]): Script<void>
  attempts(executionId: string): Script<Attempt[]>

  // --- logs
  logSize(executionId: string): Script<LogSize>
  addLog(executionId: string, attempt: number, from: number, lines: readonly LogLine[]): Script<void>
  /** Says in the last line how many were left out. */
  cutLog(executionId: string, attempt: number, line: number, note: LogLine, cut: number): Script<void>
  logLines(executionId: string, from: number): Script<LogLine[]>

  // --- dismissals
  /** Only those that ended as FAILURE or STALE and weren't dismissed; returns their ids. */
  dismiss(ids: readonly string[], by: string, reason: string | null, at: number): Script<string[]>

  // --- pausing
  /** Of all that was ever paused (little). */
  pauses(): Script<PauseHistory[]>
  putPause(pause: PauseHistory): Script<void>

  // --- nodes
  /** One for a node and for everything that it runs. */
  heartbeat(node: string, now: number): Script<void>

  // --- keeping house
  /** Ids of ended ones without an open parent, whose fire is as old, too: one that ran ahead must not fire again. */
  finishedBefore(before: number, limit: number): Script<string[]>
  /** When the latest execution ended. */
  latestEnd(): Script<number | null>
  /** Names of jobs of which executions have ended since. */
  jobsEndedSince(since: number): Script<string[]>
  /** Names of jobs, all those included that have more than `keep` ended executions. */
  jobsBeyond(keep: number): Script<string[]>
  /** Ids of the ended ones of `job` beyond the newest `keep`; those of a fan-out are not counted. */
  beyond(job: string, keep: number, limit: number): Script<string[]>
  /** Ids of ended ones that are part of these fan-outs. */
  childrenOf(ids: readonly string[], limit: number): Script<string[]>
  /** With all that hangs on them, the claims of their fires included. */
  remove(ids: readonly string[]): Script<void>
}

/** What identifies a fire. */
export interface FireKey extends LockKey {
  readonly scheduleKey: string
  readonly scheduledFor: number
}

/** A transaction on its own connection, open while other code is awaited. */
export interface Session {
  readonly transaction: StoreTransaction
  run<Result>(steps: Script<Result>): Promise<Result>
}

/** What a store needs of a database. */
export interface Driver extends Pick<Store, 'url' | 'target' | 'dialect'> {
  readonly tables: Tables
  /** How far the clock of heartbeats is ahead of this process's, in ms, as last measured; 0 where it is this one. */
  readonly clockOffset: number
  /** Measures it anew. */
  measureClock(): Promise<void>
  read<Result>(steps: () => Script<Result>): Promise<Result>
  /** One transaction. The script may be made and run again, after a conflict with another process. */
  write<Result>(steps: () => Script<Result>): Promise<Result>
  /** Commits when `work` resolves, rolls back when it rejects. The lock `pair` is held meanwhile. */
  alone<Result>(pair: LockKey, work: (session: Session) => Promise<Result>): Promise<Result>
  /** See `Store.listen`. */
  listen(hearer: (notice: HeardNotice) => void): StoreListener
  close(): Promise<void>
}
