import { formatLocal } from '../schedule/index.ts'
import { formatDuration } from '../support/duration.ts'
import { renderTable } from '../support/table.ts'
import { absoluteTime, relativeTime } from '../support/time-text.ts'
import type { DaylightMark, UpcomingFires } from './upcoming-fires.ts'

/** A fire to come as `next-runs --json` shows it; documented and stable. */
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

const COLUMNS = [
  { title: 'Local time' },
  { title: 'Zone' },
  { title: 'UTC' },
  { title: 'When' },
  { title: 'Job' },
  { title: 'Schedule' },
  { title: '' },
] as const

/** The table for people, then what is not in it. `now`: ms since the epoch. */
export function renderComingRuns(
  runs: readonly UpcomingRun[],
  now: number,
  options: { readonly busy: number; readonly color?: boolean },
): string {
  const listed = runs.filter(({ note }) => note === null)
  const rows = listed.map((run) => [
    run.local ?? '-',
    run.timezone,
    run.scheduledFor === null ? '-' : absoluteTime(Date.parse(run.scheduledFor)),
    run.scheduledFor === null ? 'dropped' : relativeTime(Date.parse(run.scheduledFor), now),
    run.job,
    scheduleCell(run),
    marks(run).join('; '),
  ])
  const parts = [
    rows.length === 0 ? 'No fires in this range.\n' : renderTable(COLUMNS, rows, options),
    ...busyText(listed, options.busy),
  ]
  const silent = runs.filter(({ note }) => note !== null)
  if (silent.length > 0) {
    const notes = silent.map((run) => [run.job, scheduleCell(run), run.note ?? '', run.paused ? 'paused' : ''])
    parts.push(renderTable([{ title: 'Job' }, { title: 'Schedule' }, { title: 'Runs' }, { title: '' }], notes, options))
  }
  return parts.join('\n')
}

const scheduleCell = ({ schedule, origin }: UpcomingRun): string => `${schedule}${origin === 'code' ? ' [code]' : ''}`

function marks(run: UpcomingRun): string[] {
  return [
    ...(run.daylight === null ? [] : [`${run.daylight.kind}: ${run.daylight.note}`]),
    ...(run.busy ? [`busy: ${run.jobsAtOnce} jobs at once`] : []),
    ...(run.paused ? ['paused'] : []),
    ...(run.jitterMs > 0 ? [`starts ${formatDuration(Math.round(run.jitterMs / 1000) * 1000)} later`] : []),
  ]
}

function busyText(listed: readonly UpcomingRun[], busy: number): string[] {
  const instants = new Set(listed.filter((run) => run.busy).map((run) => run.scheduledFor))
  if (instants.size === 0) return []
  const count = instants.size === 1 ? 'At 1 instant' : `At ${instants.size} instants`
  return [
    `${count} more than ${busy === 1 ? '1 job fires' : `${busy} jobs fire`} together; spread them with other minutes, or with "jitter".\n`,
  ]
}
