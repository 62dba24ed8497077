import { openSchedule } from '../manifest/job-schedule.ts'
import type { Job, JobSchedule } from '../manifest/types.ts'
import {
  type DaylightEffect,
  type DaylightKind,
  daylightEffects,
  type Schedule,
  ScheduleError,
} from '../schedule/index.ts'
import { DueQueue } from '../scheduler/due-queue.ts'
import { jitter } from '../scheduler/fires.ts'

/** What daylight saving does to a fire. */
export interface DaylightMark {
  readonly kind: DaylightKind
  readonly note: string
}

/** An upcoming fire; or, where `at` is null, times of a schedule that the clock skips and that don't fire. */
interface UpcomingFire {
  readonly job: Job
  readonly schedule: JobSchedule
  /** ms since the epoch. */
  readonly at: number | null
  /** Its place among the others, ms since the epoch. */
  readonly position: number
  /** How much later than `at` it starts, in ms. */
  readonly jitter: number
  /** Jobs that fire at the same instant, this one included. */
  readonly together: number
  readonly daylight: DaylightMark | null
}

/** A schedule without fires to list, and why: `on start, then every 5 minutes`, `on start`, `disabled`, ... */
interface SilentSchedule {
  readonly job: Job
  readonly schedule: JobSchedule
  readonly note: string
}

export interface UpcomingFires {
  readonly fires: readonly UpcomingFire[]
  readonly silent: readonly SilentSchedule[]
  /** True where there are more fires in the range than `most`. */
  readonly isCut: boolean
}

export interface UpcomingRange {
  /** Fires after this instant, ms since the epoch. */
  readonly after: number
  /** Fires before this instant; null for as far as `most` goes. */
  readonly before: number | null
  /** At most this many. */
  readonly most: number
  /** Anchors of rates by schedule key, where a store knows them. */
  readonly anchors: ReadonlyMap<string, number>
}

interface UpcomingLine {
  readonly job: Job
  readonly definition: JobSchedule
  readonly schedule: Schedule
}

/** Pure: the fires of all schedules of these jobs, in order of time. The work is bounded by `most`. */
export function upcomingFires(jobs: readonly Job[], range: UpcomingRange): UpcomingFires {
  const silent: SilentSchedule[] = []
  const lines = jobs.flatMap((job) => job.schedules.flatMap((definition) => readLine(job, definition, range, silent)))
  const { fires, isCut } = merged(lines, range, silent)
  const last = fires.at(-1)?.position
  const end = isCut || range.before === null ? last : range.before
  const marked = end === undefined ? fires : withDaylight(fires, lines, range.after, end)
  return { fires: marked, silent, isCut }
}

function readLine(job: Job, definition: JobSchedule, range: UpcomingRange, silent: SilentSchedule[]): UpcomingLine[] {
  const stay = (note: string): UpcomingLine[] => {
    silent.push({ job, schedule: definition, note })
    return []
  }
  if (definition.problem !== null) return stay(`invalid: ${definition.problem}`)
  if (job.disabledBy !== null) return stay(`disabled (${job.disabledBy})`)
  const anchor = range.anchors.get(definition.key)
  try {
    const schedule = openSchedule(definition, { anchor })
    if (schedule.kind === 'reboot') return stay('on start')
    if (schedule.kind === 'rate' && anchor === undefined) return stay(`on start, then ${schedule.describe()}`)
    return [{ job, definition, schedule }]
  } catch (error) {
    if (error instanceof ScheduleError) return stay(`invalid: ${error.message}`)
    throw error
  }
}

/** The fires of all schedules, merged; those of one instant are ordered by priority, as they would start. */
function merged(
  lines: readonly UpcomingLine[],
  { after, before, most }: UpcomingRange,
  silent: SilentSchedule[],
): { fires: UpcomingFire[]; isCut: boolean } {
  const queue = new DueQueue<UpcomingLine>()
  const end = before ?? Number.POSITIVE_INFINITY
  const enqueue = (line: UpcomingLine, from: number): boolean => {
    const next = line.schedule.next(new Date(from))?.getTime()
    if (next !== undefined && next < end) queue.push(next, line)
    return next !== undefined
  }
  for (const line of lines) {
    if (!enqueue(line, after)) silent.push({ job: line.job, schedule: line.definition, note: 'never again' })
  }
  const fires: UpcomingFire[] = []
  while (queue.nextAt !== undefined && fires.length < most) {
    const at = queue.nextAt
    const due = queue.takeDue(at)
    due.sort((a, b) => b.job.priority - a.job.priority || (a.job.name < b.job.name ? -1 : 1))
    const together = new Set(due.map(({ job }) => job.name)).size
    for (const line of due) {
      const { job, definition: schedule } = line
      const following = job.jitter > 0 ? line.schedule.next(new Date(at))?.getTime() : undefined
      fires.push({ job, schedule, at, position: at, jitter: jitter(job, at, following), together, daylight: null })
      enqueue(line, at)
    }
  }
  return { fires: fires.slice(0, most), isCut: queue.nextAt !== undefined || fires.length > most }
}

/** Marks the fires that changes of the clock between two instants affect, and adds the times that are dropped. */
function withDaylight(
  fires: readonly UpcomingFire[],
  lines: readonly UpcomingLine[],
  after: number,
  end: number,
): UpcomingFire[] {
  const marks = new Map<string, DaylightEffect[]>()
  const dropped: UpcomingFire[] = []
  for (const { job, definition, schedule } of lines) {
    for (const effect of daylightEffects(schedule, new Date(after + 1), new Date(end + 1))) {
      const position = effect.change.getTime()
      const { kind, note } = effect
      if (effect.utc === null) {
        const nothing = { at: null, position, jitter: 0, together: 0 }
        dropped.push({ job, schedule: definition, ...nothing, daylight: { kind, note } })
        continue
      }
      const key = fireKey(job.name, definition.key, effect.utc.getTime())
      marks.set(key, [...(marks.get(key) ?? []), effect])
    }
  }
  if (marks.size === 0 && dropped.length === 0) return [...fires]
  const marked = fires.map((fire) => {
    const effects = marks.get(fireKey(fire.job.name, fire.schedule.key, fire.position))
    const [first] = effects ?? []
    if (effects === undefined || first === undefined) return fire
    return { ...fire, daylight: { kind: first.kind, note: effects.map(({ note }) => note).join('; ') } }
  })
  return [...marked, ...dropped].sort((a, b) => a.position - b.position)
}

const fireKey = (job: string, schedule: string, at: number): string => `${at} ${schedule} ${job}`
