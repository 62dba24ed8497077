import type { CronPlan } from '../schedule/cron/plan.ts'
import type { JsonValue } from '../support/json.ts'
import type { ManifestProblem } from './problems.ts'

export type Overlap = 'skip' | 'queue' | 'allow' | 'cancel'
export type CatchUp = 'none' | 'latest' | 'all'
export type Isolation = 'inline' | 'process'

/** How often, and how far apart, a failing execution is tried again. Durations in milliseconds. */
export interface RetryPolicy {
  /** Attempts in all, the first included; 1 means no retry. */
  readonly attempts: number
  readonly delay: number
  readonly backoff: 'fixed' | 'exponential'
  readonly maxDelay: number
}

/** One schedule of a job, with its own series of fires. */
export interface JobSchedule {
  /** As written in the manifest, `${NAME}` and all: what listings show. */
  readonly text: string
  /** What is computed with: `text` after interpolation. */
  readonly expression: string
  /** IANA name. */
  readonly timezone: string
  readonly args: readonly JsonValue[]
  readonly origin: 'manifest' | 'code'
  /** Identifies the series of fires in the store: a hash of text, zone and arguments, unique within the job. */
  readonly key: string
  /** Why the expression can't be read, where it can't; such a schedule never fires. */
  readonly problem: string | null
  /** Zone and arguments as written, for listings; present only where `${NAME}` was in them. */
  readonly written?: { readonly timezone: string; readonly args: readonly JsonValue[] }
}

/** A job as the manifest describes it, every default filled in. Durations in milliseconds. */
export interface Job {
  readonly name: string
  readonly schedules: readonly JobSchedule[]
  readonly description: string | undefined
  /** As written: a number, any label, or undefined. */
  readonly priorityLabel: number | string | undefined
  /** What is sorted by; higher runs first. Labels: critical 20, high 10, normal 0, low -10, any other 0. */
  readonly priority: number
  readonly timezone: string
  readonly args: readonly JsonValue[]
  /** False where the manifest says so or the environment has NAME_ENABLED=false. */
  readonly enabled: boolean
  /** What disabled it, in words: `"enabled": false in package.json`, `NIGHTLY_ENABLED=false`; null while it is on. */
  readonly disabledBy: string | null
  readonly overlap: Overlap
  readonly catchUp: CatchUp
  readonly catchUpWindow: number
  readonly timeout: number
  readonly retry: RetryPolicy
  /** Re-runs after the process died during an execution; 0 turns that off. */
  readonly recover: number
  readonly jitter: number
  readonly after: readonly string[]
  /** Names that the job had before: its history is kept under them. */
  readonly formerly: readonly string[]
  /** Undefined where the manifest doesn't say: then the module does, and by default it is off. */
  readonly multiTenant: boolean | undefined
  readonly isolation: Isolation
  /** Of the processes that watch, those that serve this queue run the job. */
  readonly queue: string
  /** Description and arguments as written, for listings; present only where `${NAME}` was in them. */
  readonly written?: { readonly description: string | undefined; readonly args: readonly JsonValue[] }
}

/** `webstir.scheduler` of the workspace's package.json, defaults filled in. Durations in milliseconds. */
export interface SchedulerSettings {
  /** Default zone of every job; IANA name. */
  readonly timezone: string
  /** Executions at once in one process, at least 1. */
  readonly concurrency: number
  /** An execution without a heartbeat for this long counts as dead; at least 1,000. */
  readonly staleAfter: number
  readonly history: { readonly keep: number; readonly maxPerJob: number }
  /** Further paths that are redacted in logs and listings (pino's `redact` syntax). */
  readonly redact: readonly string[]
  /** A module of hooks, relative to the workspace; undefined where there is none. */
  readonly hooks: string | undefined
}

/** The manifest as read: the good jobs, in the order written, and everything that is wrong with the others. */
export interface Manifest {
  /** Absolute path of the workspace. */
  readonly workspace: string
  /** The module's name and version; null where package.json has none. */
  readonly name: string | null
  readonly version: string | null
  readonly mode: string | null
  /** Which key holds the jobs: `webstir.module.jobs`, or `webstir.moduleManifest.jobs` in older workspaces. */
  readonly key: 'webstir.module.jobs' | 'webstir.moduleManifest.jobs'
  readonly jobs: readonly Job[]
  readonly problems: readonly ManifestProblem[]
  readonly settings: SchedulerSettings
  /** Cron expressions that the build has read, by their text; only where the manifest is what the build validated. */
  readonly plans?: CronPlans
}

export type CronPlans = { readonly [expression: string]: CronPlan }
