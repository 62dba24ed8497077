import { type Schedule, ScheduleError } from '../schedule/index.ts'
import type { JsonValue } from '../support/json.ts'
import { redacted } from '../support/redact.ts'
import { ENTRY_DEFAULTS } from './defaults.ts'
import { openSchedule } from './job-schedule.ts'
import { problemText } from './problems.ts'
import type { CronPlans, Job, JobSchedule, Manifest } from './types.ts'

/** One schedule of a listed job. Times are ISO 8601 in UTC. This is what `--json` prints: documented and stable. */
export interface ListedSchedule {
  /** Verbatim. */
  readonly schedule: string
  readonly timezone: string
  /** Secrets are redacted. */
  readonly args: readonly JsonValue[]
  /** `manifest`: package.json; `code`: the module's `meta()`. */
  readonly origin: 'manifest' | 'code'
  readonly kind: 'cron' | 'rate' | 'at' | 'reboot' | null
  /** Null where it is unknown, where there is none, or where the job is disabled; `note` says why. */
  readonly next: string | null
  /** `on start, then every 5 minutes`, `on start`, `never again`, `disabled`, `invalid`; null where `next` says it all. */
  readonly note: string | null
  /** Why it is invalid; null where it is valid. */
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
  /** The queue that its executions wait in. */
  readonly queue: string
  readonly enabled: boolean
  /** What disabled it. */
  readonly disabledBy: string | null
  readonly schedules: readonly ListedSchedule[]
  /** The earliest `next` of its schedules. */
  readonly next: string | null
  /**
   * Whether it runs once for each tenant, by package.json or by its module; null where the module decides, and its newest
   * source isn't built.
   */
  readonly multiTenant: boolean | null
  /** `unknown`: its module may declare further schedules in `meta()`, and its newest source isn't built. */
  readonly codeSchedules: 'known' | 'unknown'
  /** Why the job can't be used, or its `meta()` failed; the problems of its schedules are with these. */
  readonly problem: string | null
}

export interface ListingOptions {
  /** Adds each schedule in words. */
  readonly words?: boolean
  /** Anchors of rates by schedule key, where a store was opened; without one a rate is said to begin on start. */
  readonly anchors?: ReadonlyMap<string, number>
  /** Names of the jobs that may have schedules in code which no build has seen. */
  readonly unknownInCode?: Pick<ReadonlySet<string>, 'has'>
}

/** The manifest's jobs in its order, then those that could not be read. `now`: ms since the epoch. */
export function listJobs(manifest: Manifest, now: number, options: ListingOptions = {}): ListedJob[] {
  const lister = new Lister(now, options, manifest)
  const faults = new Map<string | null, string>()
  for (const fault of manifest.problems) if (fault.code === 'META') faults.set(fault.job, problemText(fault))
  const listed = manifest.jobs.map((job) => lister.job(job, faults.get(job.name) ?? null))
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
  queue: ENTRY_DEFAULTS.queue,
  enabled: false,
  disabledBy: null,
  schedules: [],
  next: null,
  multiTenant: false,
  codeSchedules: 'known',
} as const

/** What follows from a schedule's text and zone, independent of the job. */
interface Outlook {
  readonly kind: ListedSchedule['kind']
  readonly next: string | null
  readonly note: string | null
  readonly problem: string | null
  readonly words: string | null
}

/** Many jobs share schedules, so each is evaluated once: a list has to appear at once. */
class Lister {
  readonly #from: Date
  readonly #options: ListingOptions
  readonly #redact: readonly string[]
  readonly #plans: CronPlans | undefined
  /** By zone, then by expression. */
  readonly #outlooks = new Map<string, Map<string, Outlook>>()

  constructor(now: number, options: ListingOptions, { settings, plans }: Manifest) {
    this.#from = new Date(now)
    this.#options = options
    this.#redact = settings.redact
    this.#plans = plans
  }

  job(job: Job, problem: string | null): ListedJob {
    const schedules: ListedSchedule[] = []
    let next: string | null = null
    for (const schedule of job.schedules) {
      const listed = this.#schedule(schedule, job.enabled)
      schedules.push(listed)
      if (listed.next !== null && (next === null || listed.next < next)) next = listed.next
    }
    const isUnknown = this.#options.unknownInCode?.has(job.name) === true
    return {
      name: job.name,
      description: (job.written ?? job).description ?? null,
      priority: job.priorityLabel ?? null,
      queue: job.queue,
      enabled: job.enabled,
      disabledBy: job.disabledBy,
      schedules,
      next,
      multiTenant: job.multiTenant ?? (isUnknown ? null : false),
      codeSchedules: isUnknown ? 'unknown' : 'known',
      problem,
    }
  }

  #schedule(schedule: JobSchedule, isEnabled: boolean): ListedSchedule {
    const { kind, next, note, problem, words } = this.#outlook(schedule)
    const isOff = problem === null && !isEnabled
    const { timezone, args } = schedule.written ?? schedule
    const listed = {
      schedule: schedule.text,
      timezone,
      args: args.length === 0 ? args : args.map((arg) => redacted(arg, this.#redact)),
      origin: schedule.origin,
      kind,
      next: isOff ? null : next,
      note: isOff ? 'disabled' : note,
      problem,
    }
    return this.#options.words === true ? { ...listed, words } : listed
  }

  #outlook(schedule: JobSchedule): Outlook {
    if (schedule.problem !== null) return invalid(schedule.problem)
    const anchor = this.#options.anchors?.get(schedule.key)
    if (anchor !== undefined) return this.#look(schedule, anchor)
    let inZone = this.#outlooks.get(schedule.timezone)
    if (inZone === undefined) {
      inZone = new Map()
      this.#outlooks.set(schedule.timezone, inZone)
    }
    let outlook = inZone.get(schedule.expression)
    if (outlook === undefined) {
      outlook = this.#look(schedule, undefined)
      inZone.set(schedule.expression, outlook)
    }
    return outlook
  }

  #look(schedule: JobSchedule, anchor: number | undefined): Outlook {
    try {
      const parsed = openSchedule(schedule, { anchor, plans: this.#plans })
      const words = this.#options.words === true ? parsed.describe() : null
      return { kind: parsed.kind, ...this.#next(parsed, anchor !== undefined), problem: null, words }
    } catch (error) {
      // Schedules from code come unchecked.
      if (error instanceof ScheduleError) return invalid(error.message)
      throw error
    }
  }

  #next(parsed: Schedule, isAnchored: boolean): Pick<Outlook, 'next' | 'note'> {
    if (parsed.kind === 'reboot') return { next: null, note: 'on start' }
    if (parsed.kind === 'rate' && !isAnchored) return { next: null, note: `on start, then ${parsed.describe()}` }
    const next = parsed.next(this.#from)
    return next === null ? { next: null, note: 'never again' } : { next: next.toISOString(), note: null }
  }
}

const invalid = (problem: string): Outlook => ({ kind: null, next: null, note: 'invalid', problem, words: null })

/** Remarks beside a listing of these jobs: problems that it doesn't show, and what it can't know. */
export function remarks(manifest: Manifest, listed: readonly ListedJob[]): string[] {
  const unknown = listed.flatMap(({ name, codeSchedules }) => (codeSchedules === 'unknown' ? name : []))
  return [...unsaid(manifest, listed), ...unknownInCode(unknown)]
}

/** How many names a remark lists before it counts the rest. */
const NAMED = 5

/** A remark that the schedules in code of these jobs are unknown; none where there are no such jobs. */
export function unknownInCode(names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return [
    `what ${names.slice(0, NAMED).join(', ')}${more} may declare in meta() is unknown until a build: webstir build`,
  ]
}

/** Unknown keys above all: what makes a schedule or a whole job unusable is in the list itself. */
function unsaid({ problems }: Manifest, listed: readonly ListedJob[]): string[] {
  if (problems.length === 0) return []
  const shown = new Set(listed.map(({ problem }) => problem))
  const ofSchedules = listed.flatMap(({ name, schedules }) =>
    schedules.flatMap(({ problem }) => (problem === null ? [] : [`${name}: ${problem}`])),
  )
  return problems
    .filter(({ code, job, message }) => {
      return code !== 'SCHEDULE' && !ofSchedules.some((text) => text.startsWith(`${job}: ${message}`))
    })
    .map(problemText)
    .filter((text) => !shown.has(text))
}
