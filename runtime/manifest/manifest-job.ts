/* Made by scripts/docs-manifest.mjs from ./parse/schema.ts. Change it there. */
import type { JsonValue } from '../support/json.ts'

/** A job: an entry of `webstir.module.jobs` in package.json. */
export interface ManifestJob {
  /**
   * The name of the job, and of its folder under `src/backend/jobs`: letters, digits, `-` and `_`, at most 100. Names
   * that differ only in case, `-` and `_` are the same. Never interpolated.
   */
  readonly name: string
  /**
   * When the job fires: a cron expression of five fields (six with seconds first), a macro such as `@daily`, `@reboot`,
   * `rate(5 minutes)` or `at(2026-12-01T09:00:00)`; or an array of such texts and of objects. Without one, the job runs
   * by hand and from code only.
   */
  readonly schedule?: string | readonly (string | ManifestSchedule)[]
  /** What the job is for, shown in listings. */
  readonly description?: string
  /**
   * Higher runs first. A number, or a label: `critical` 20, `high` 10, `normal` 0, `low` -10; any other label is kept
   * and counts as 0.
   */
  readonly priority?: number | string
  /** IANA name of the time zone of its schedules; `webstir.scheduler.timezone` by default. */
  readonly timezone?: string
  /** The values passed to `run()`; none by default. */
  readonly args?: readonly JsonValue[]
  /** Whether the job runs at all. The environment's `NAME_ENABLED=false` turns it off too. Default: `true`. */
  readonly enabled?: boolean
  /**
   * What happens to a fire while the job still runs: `skip` records it as skipped, `queue` keeps the newest waiting,
   * `allow` runs it beside, `cancel` ends the running one first. Default: `"skip"`.
   */
  readonly overlap?: 'skip' | 'queue' | 'allow' | 'cancel'
  /**
   * What happens to fires that came due while no scheduler was running: `none` runs the newest one if it is at most a
   * minute old, `latest` runs the newest one, `all` runs each in order; the others are recorded as skipped. Default:
   * `"latest"`.
   */
  readonly catchUp?: 'none' | 'latest' | 'all'
  /** How old a missed fire may be and still be caught up. A duration such as `30s`. Default: `"24h"`. */
  readonly catchUpWindow?: string
  /**
   * How long an attempt may take before its signal is aborted and it counts as failed; at least 1ms. A duration such as
   * `30s`. Default: `"15m"`.
   */
  readonly timeout?: string
  /** How often, and how far apart, a failing execution is tried again. */
  readonly retry?: ManifestRetry
  /** How often an execution is run again after the process died under it; 0 turns that off. Default: `3`. */
  readonly recover?: number
  /**
   * Delays each fire by up to this much, always the same for the same fire, and never past the next one. A duration
   * such as `30s`. Default: `"0s"`.
   */
  readonly jitter?: string
  /** Jobs whose fires of the same instant must have succeeded first. Default: `[]`. */
  readonly after?: readonly string[]
  /**
   * Names that the job had before; `webstir rename-job` writes them. Its history is shown under all of them. Default:
   * `[]`.
   */
  readonly formerly?: readonly string[]
  /** Whether each fire runs once for each tenant of `src/backend/tenants.ts`. Default: `false`. */
  readonly multiTenant?: boolean
  /**
   * Whether it runs in the scheduler's own process or in a child process, which can be ended for certain. Default:
   * `"inline"`.
   */
  readonly isolation?: 'inline' | 'process'
  /**
   * The queue that its executions wait in: letters, digits, `-`, `_` and `.`, at most 100. A process that watches with
   * `--queues` runs those of its queues only. Default: `"default"`.
   */
  readonly queue?: string
}

/** A schedule with a time zone or arguments of its own. */
export interface ManifestSchedule {
  /** The expression, as in `schedule` itself. */
  readonly schedule: string
  /** Its own time zone; the job's by default. */
  readonly timezone?: string
  /** Its own arguments; the job's by default. */
  readonly args?: readonly JsonValue[]
}

/** How often, and how far apart, a failing execution is tried again. */
export interface ManifestRetry {
  /** Attempts in all; 1 means no retry. Default: `1`. */
  readonly attempts?: number
  /** How long to wait before the second attempt. A duration such as `30s`. Default: `"10s"`. */
  readonly delay?: string
  /** Whether the delay stays the same or doubles with each attempt. Default: `"exponential"`. */
  readonly backoff?: 'fixed' | 'exponential'
  /** The longest delay. A duration such as `30s`. Default: `"10m"`. */
  readonly maxDelay?: string
}
