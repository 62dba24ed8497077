import { formatLocal, repetitionAt } from '../schedule/index.ts'
import type { DaylightMark, UpcomingFires } from './upcoming-fires.ts'

/** An upcoming fire as `next-runs --json` shows it; documented and stable. */
export interface UpcomingRun {
  readonly job: string
  /** As written. */
  readonly schedule: string
  /** `manifest`: package.json; `code`: the module's `meta()`. */
  readonly origin: 'manifest' | 'code'
  /** ISO 8601, in UTC; null where nothing can be listed (`note` says why) or daylight saving drops it. */
  readonly scheduledFor: string | null
  /** `2026-03-29 03:00:00 +02:00`, by the clock of `timezone`; null where `scheduledFor` is. */
  readonly local: string | null
  /** The zone of `local`: the schedule's own, or the one asked for. */
  readonly timezone: string
  /** Which of the two it is where the clock of `timezone`, being put back, shows `local` twice; else null. */
  readonly repeated: 'first' | 'second' | null
  /** How much later it starts than it is due, in ms: the job's jitter. */
  readonly jitterMs: number
  /** Jobs that fire at the same instant, this one included. */
  readonly jobsAtOnce: number
  /** More jobs at once than asked about. */
  readonly busy: boolean
  /** The job is paused now: unless it is resumed, the fire will be skipped. */
  readonly paused: boolean
  readonly daylight: DaylightMark | null
  /** Why no fire is listed: `on start, then every 5 minutes`, `on start`, `disabled (...)`, `invalid: ...`, `never again`. */
  readonly note: string | null
}

interface ShownBy {
  readonly timezone: string | undefined
  readonly busy: number
  readonly paused: ReadonlySet<string>
}

/** The fires in order of time, then the schedules of which none can be listed. */
export function upcomingRuns({ fires, silent }: UpcomingFires, { timezone, busy, paused }: ShownBy): UpcomingRun[] {
  const runs = fires.map(({ job, schedule, at, jitter, together, daylight }): UpcomingRun => {
    const zone = timezone ?? schedule.timezone
    return {
      job: job.name,
      schedule: schedule.text,
      origin: schedule.origin,
      scheduledFor: at === null ? null : new Date(at).toISOString(),
      local: at === null ? null : formatLocal(new Date(at), zone),
      timezone: zone,
      repeated: at === null ? null : repetitionAt(at, zone),
      jitterMs: jitter,
      jobsAtOnce: together,
      busy: together > busy,
      paused: paused.has(job.name),
      daylight,
      note: null,
    }
  })
  const others = silent.map(
    ({ job, schedule, note }): UpcomingRun => ({
      job: job.name,
      schedule: schedule.text,
      origin: schedule.origin,
      scheduledFor: null,
      local: null,
      timezone: timezone ?? schedule.timezone,
      repeated: null,
      jitterMs: 0,
      jobsAtOnce: 0,
      busy: false,
      paused: paused.has(job.name),
      daylight: null,
      note,
    }),
  )
  return [...runs, ...others]
}
