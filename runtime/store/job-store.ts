import type { Clock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import type { ProcessIdentity } from '../support/process-identity.ts'
import type { Attempt, Execution, JobStatus, LogLine } from './execution.ts'

/**
 * A store as its users see it: what was recorded, and what they may change about it. Opened by `openStore`; close it
 * when you are done. Times are ms since the epoch. Its methods reject with a StoreError.
 */
export interface JobStore {
  /** Shown to people: never holds a password. */
  readonly url: string
  readonly dialect: 'sqlite' | 'postgres' | 'memory'

  execution(id: string): Promise<Execution | null>
  /** Newest first (by scheduledFor, then id). */
  executions(filter: ExecutionFilter): Promise<Execution[]>
  attempts(executionId: string): Promise<Attempt[]>
  /** In the order written, from line number `from` (0-based). */
  logLines(executionId: string, from?: number): Promise<LogLine[]>
  /** The expression as written of each known schedule key, retired ones included. */
  scheduleTexts(): Promise<Map<string, ScheduleText>>
  /** What is paused at `now`, ms since the epoch; without it, also pauses whose end has passed. */
  pauses(now?: number): Promise<PauseRecord[]>
  nodes(): Promise<NodeRecord[]>

  /** What is paused already keeps the start of its pause. */
  pause(target: PauseTarget, by: string, reason: string | null, now: number, how?: PauseOptions): Promise<void>
  resume(target: PauseTarget, now: number): Promise<void>
  /** CANCELLED at once where queued; the owner of a running one is asked to abort it. `unknown`: no such id. */
  cancel(id: string, now: number): Promise<'cancelled' | 'requested' | 'already-final' | 'unknown'>

  /** Marks failed executions as dealt with; history stays as it is. Returns the ids of those that were not before. */
  dismiss(ids: readonly string[], by: string, reason: string | null, now: number): Promise<string[]>

  close(): Promise<void>
}

export interface OpenStoreOptions {
  /** Where JOBS_STORE_URL, DATABASE_URL and JOBS_STORE_MIGRATE are looked up. Default: process.env. */
  readonly env?: Env
  /** What a relative path is relative to. Default: the current folder. */
  readonly workspace?: string
  /**
   * Bring the tables up to date, where they aren't. Default: true, unless JOBS_STORE_MIGRATE=off.
   * Tables that are behind are refused otherwise (STORE_TOO_OLD).
   */
  readonly migrate?: boolean
  /** Measures the wait for a locked database. Default: the system clock, also where jobs run on another one. */
  readonly clock?: Clock
  /** How long to wait for a locked database before STORE_BUSY, in ms. Default: 10,000. */
  readonly busyLimit?: number
  /** Connections to PostgreSQL at once. Default: 8. */
  readonly connections?: number
}

export interface ExecutionFilter {
  readonly jobs?: readonly string[]
  readonly statuses?: readonly JobStatus[]
  readonly since?: number
  readonly until?: number
  readonly tenant?: string
  readonly parentId?: string
  /** How their ids begin; hexadecimal digits and dashes. */
  readonly idPrefix?: string
  /** How their ids end: that part is random, so eight digits tell executions of one tick apart. */
  readonly idSuffix?: string
  /**
   * Only what failed and was not dismissed. Of a multi-tenant run the runs of its tenants, not the whole; of jobs that
   * call each other the outermost.
   */
  readonly unresolved?: true
  /** Newest first; at most this many, default 50. */
  readonly limit?: number
}

/** What the store knows of a schedule, for listings. */
export interface ScheduleText {
  readonly job: string
  /** As written. */
  readonly expression: string
  readonly timezone: string
  /** Every fire up to and including this instant was dealt with; ms since the epoch. */
  readonly watermark: number
  /** Origin of a rate; null for other kinds. */
  readonly anchor: number | null
  /** No scheduler knows it any more; should it return, it starts afresh. */
  readonly retired: boolean
}

export interface NodeRecord {
  /** Unique for each process; owner of its executions. */
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly startedAt: number
  readonly heartbeatAt: number
  /** When the loop said it would next wake, at the latest; a scheduler is late when that is long past. */
  readonly nextWakeAt: number
  /** False for a process that only runs jobs by hand. */
  readonly fires: boolean
  /** What tells its process from every other one of its machine; null where the system doesn't say. */
  readonly identity: ProcessIdentity | null
  /** Of Node, such as 24.21.0; null where it isn't known, as everything below. */
  readonly nodeVersion: string | null
  /** The release of the time-zone data that its Node has, such as 2026c. */
  readonly timezoneData: string | null
  /** The same for processes whose manifests say the same, whatever their environments are. */
  readonly manifestHash: string | null
  readonly engine: string | null
  /** The queues that it serves; null for all. */
  readonly queues: readonly string[] | null
  /** Executions at once. */
  readonly slots: number | null
  readonly jobs: NodeJobs | null
  /** By how much its clock was ahead of the server's when it started, in ms; null where the store has no server. */
  readonly clockOffset: number | null
}

/** The jobs of a process's manifest. */
export interface NodeJobs {
  /** Those that it takes from the queue. */
  readonly known: readonly string[]
  /** Of those, the ones that are disabled there, and by what. */
  readonly off: Readonly<Record<string, string>>
  /** Of those, the ones without a module in its build. */
  readonly lacks: readonly string[]
  /** Keys of its schedules that follow the clock of a time zone. */
  readonly inZones: readonly string[]
}

/** What is paused: a job by its name, all jobs of a queue, or all jobs. */
export type PauseTarget = string | { readonly queue: string } | { readonly all: true }

export interface PauseOptions {
  /** When it ends without anybody resuming it; ms since the epoch. Default: never. */
  readonly until?: number | undefined
  /** Nothing that is queued starts either; what runs finishes. Default: false. */
  readonly drain?: boolean | undefined
}

export interface PauseRecord {
  readonly scope: 'job' | 'queue' | 'all'
  /** Name of the job, or of the queue; '' where all jobs are paused. */
  readonly job: string
  readonly paused: boolean
  readonly since: number
  /** When it ends by itself; null where it is to be resumed. */
  readonly until: number | null
  /** Nothing that is queued starts either. */
  readonly drain: boolean
  readonly by: string
  readonly reason: string | null
}

/** A transaction's view of the store's database, as given to a pre-check: `?` placeholders in both dialects. */
export interface StoreTransaction {
  readonly dialect: 'sqlite' | 'postgres' | 'memory'
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  execute(sql: string, parameters?: readonly unknown[]): Promise<{ changes: number }>
}

export type PreCheckVerdict = { readonly skip: false } | { readonly skip: true; readonly reason: string }
