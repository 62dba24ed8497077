import type { JsonValue } from '../json.ts'
import { parseSchedule, type Schedule, ScheduleError } from '../schedule/index.ts'
import type { Job, JobSchedule, Manifest } from './job.ts'
import { problemText } from './problem-text.ts'

/** One schedule of a listed job. Times are ISO 8601 in UTC. This is what `--json` prints: documented and stable. */
export interface ListedSchedule {
  /** Verbatim. */
  readonly schedule: string
  readonly timezone: string
  readonly args: readonly JsonValue[]
  /** `manifest`: package.json; `code`: the module's `meta()`. */
  readonly origin: 'manifest' | 'code'
  readonly kind: 'cron' | 'rate' | 'at' | 'reboot' | null
  /** Null where that is not known, never, or the job is off; `note` says why. */
  readonly next: string | null
  /** `on start, then every 5 minutes`, `on start`, `never again`, `disabled`, `invalid`; null where `next` says it all. */
  readonly note: string | null
  /** Why it can't be read; null where it can. */
  readonly problem: string | null
  /** In plain English; only where asked for. */
  readonly words?: string | null
}

/** A job as listings show it. */
export interface ListedJob {
  readonly name: string
  readonly description: string | null
  /** As written; null where nothing is. */
  readonly priority: number | string | null
  readonly enabled: boolean
  /** What turned it off. */
  readonly disabledBy: string | null
  readonly schedules: readonly ListedSchedule[]
  /** The earliest `next` of its schedules. */
  readonly next: string | null
  /** Why the job can't be used, or its `meta()` failed; its schedules' problems stand there. */
  readonly problem: string | null
}

export interface ListingOptions {
  /** Adds each schedule in words. */
  readonly words?: boolean
  /** Anchors of rates by schedule key, where a store was opened; without one a rate is said to begin on start. */
  readonly anchors?: ReadonlyMap<string, number>
}

/** The manifest's jobs in its order, then those that could not be read. `now`: ms since the epoch. */
export function listJobs(manifest: Manifest, now: number, options: ListingOptions = {}): ListedJob[] {
  const from = new Date(now)
  const faults = new Map(manifest.problems.flatMap((fault) => (fault.code === 'META' ? [[fault.job, fault]] : [])))
  const listed = manifest.jobs.map((job) => {
    const fault = faults.get(job.name)
    return { ...listJob(job, from, options), problem: fault === undefined ? null : problemText(fault) }
  })
  const known = new Set(manifest.jobs.map(({ name }) => name))
  for (const problem of manifest.problems) {
    const name = problem.job
    if (problem.severity !== 'error' || name === null || known.has(name)) continue
    known.add(name)
    listed.push({ ...UNREADABLE, name, problem: problemText(problem) })
  }
  return listed
}

const UNREADABLE = {
  description: null,
  priority: null,
  enabled: false,
  disabledBy: null,
  schedules: [],
  next: null,
} as const

function listJob(job: Job, from: Date, options: ListingOptions): Omit<ListedJob, 'problem'> {
  const schedules = job.schedules.map((schedule) => listSchedule(schedule, job, from, options))
  let next: string | null = null
  for (const schedule of schedules) {
    if (schedule.next !== null && (next === null || schedule.next < next)) next = schedule.next
  }
  return {
    name: job.name,
    description: (job.written ?? job).description ?? null,
    priority: job.priorityLabel ?? null,
    enabled: job.enabled,
    disabledBy: job.disabledBy,
    schedules,
    next,
  }
}

function listSchedule(schedule: JobSchedule, job: Job, from: Date, options: ListingOptions): ListedSchedule {
  const { timezone, args } = schedule.written ?? schedule
  const parsed = schedule.problem === null ? parse(schedule, options.anchors?.get(schedule.key)) : schedule.problem
  const shown = { schedule: schedule.text, timezone, args, origin: schedule.origin }
  if (typeof parsed === 'string') {
    const words = options.words === true ? { words: null } : {}
    return { ...shown, kind: null, next: null, note: 'invalid', problem: parsed, ...words }
  }
  const words = options.words === true ? { words: parsed.describe() } : {}
  const due = job.enabled ? nextFire(schedule, parsed, from, options) : { next: null, note: 'disabled' }
  return { ...shown, kind: parsed.kind, ...due, problem: null, ...words }
}

/** The schedule, or why it can't be read (schedules from code come unchecked). */
function parse({ expression, timezone }: JobSchedule, anchor: number | undefined): Schedule | string {
  try {
    return parseSchedule(expression, anchor === undefined ? { timezone } : { timezone, anchor: new Date(anchor) })
  } catch (error) {
    if (error instanceof ScheduleError) return error.message
    throw error
  }
}

function nextFire(
  { key }: JobSchedule,
  parsed: Schedule,
  from: Date,
  { anchors }: ListingOptions,
): { next: string | null; note: string | null } {
  if (parsed.kind === 'reboot') return { next: null, note: 'on start' }
  if (parsed.kind === 'rate' && anchors?.has(key) !== true) {
    return { next: null, note: `on start, then ${parsed.describe()}` }
  }
  const next = parsed.next(from)
  return next === null ? { next: null, note: 'never again' } : { next: next.toISOString(), note: null }
}
