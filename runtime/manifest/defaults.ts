import { parseDuration } from '../support/duration.ts'
import type { Job, SchedulerSettings } from './types.ts'

/** The defaults of an entry of the manifest, in its own notation. */
export const ENTRY_DEFAULTS = {
  timezone: 'UTC',
  enabled: true,
  overlap: 'skip',
  catchUp: 'latest',
  catchUpWindow: '24h',
  timeout: '15m',
  retry: { attempts: 1, delay: '10s', backoff: 'exponential', maxDelay: '10m' },
  recover: 3,
  jitter: '0s',
  multiTenant: false,
  isolation: 'inline',
  queue: 'default',
} as const

/** The same for `webstir.scheduler`. */
export const SCHEDULER_DEFAULTS = {
  timezone: ENTRY_DEFAULTS.timezone,
  concurrency: 10,
  staleAfter: '30s',
  history: { keep: '30d', maxPerJob: 10_000 },
} as const

/** A job of which only the name is given: what `{ "name": "cleanup" }` means. */
export function defaultJob(name: string, timezone: string = ENTRY_DEFAULTS.timezone): Job {
  return { ...TEMPLATE, name, timezone }
}

const TEMPLATE: Omit<Job, 'name' | 'timezone'> = {
  schedules: [],
  description: undefined,
  priorityLabel: undefined,
  priority: 0,
  args: [],
  enabled: true,
  disabledBy: null,
  overlap: ENTRY_DEFAULTS.overlap,
  catchUp: ENTRY_DEFAULTS.catchUp,
  catchUpWindow: milliseconds(ENTRY_DEFAULTS.catchUpWindow),
  timeout: milliseconds(ENTRY_DEFAULTS.timeout),
  retry: {
    attempts: ENTRY_DEFAULTS.retry.attempts,
    delay: milliseconds(ENTRY_DEFAULTS.retry.delay),
    backoff: ENTRY_DEFAULTS.retry.backoff,
    maxDelay: milliseconds(ENTRY_DEFAULTS.retry.maxDelay),
  },
  recover: ENTRY_DEFAULTS.recover,
  jitter: 0,
  after: [],
  formerly: [],
  multiTenant: undefined,
  isolation: ENTRY_DEFAULTS.isolation,
  queue: ENTRY_DEFAULTS.queue,
}

/** The settings of a workspace that sets none. */
export const DEFAULT_SETTINGS: SchedulerSettings = {
  timezone: SCHEDULER_DEFAULTS.timezone,
  concurrency: SCHEDULER_DEFAULTS.concurrency,
  staleAfter: milliseconds(SCHEDULER_DEFAULTS.staleAfter),
  history: {
    keep: milliseconds(SCHEDULER_DEFAULTS.history.keep),
    maxPerJob: SCHEDULER_DEFAULTS.history.maxPerJob,
  },
  redact: [],
  hooks: undefined,
}

/** Milliseconds of a text that is known to be a duration; NaN gives away that it is not. */
function milliseconds(text: string): number {
  return parseDuration(text) ?? Number.NaN
}

/** What the known priority labels count as; any other label counts as 0. Higher runs first. */
export const PRIORITY_LABELS: Readonly<Record<string, number>> = { critical: 20, high: 10, normal: 0, low: -10 }

/** What a priority is sorted by. Labels are known in any case. */
export function priorityOf(priority: number | string | undefined): number {
  if (typeof priority === 'number') return priority
  if (priority === undefined) return 0
  const label = priority.toLowerCase()
  return Object.hasOwn(PRIORITY_LABELS, label) ? (PRIORITY_LABELS[label] ?? 0) : 0
}
