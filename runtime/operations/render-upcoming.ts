import { clockText } from '../schedule/index.ts'
import { formatDuration } from '../support/duration.ts'
import { type Column, renderTable } from '../support/table.ts'
import { relativeTime } from '../support/time-text.ts'
import type { UpcomingRun } from './upcoming-runs.ts'

export interface UpcomingTableOptions {
  /** Instants at which more jobs than this fire are pointed out. */
  readonly busy: number
  readonly color?: boolean
  /** Columns of the terminal, where there is one. */
  readonly width?: number | undefined
}

const COLUMNS: readonly Column[] = [
  { title: 'Local time', short: (time) => time.replace(/:00 (?=[+-])/, ' ') },
  { title: 'Zone', optional: 1 },
  { title: 'UTC', optional: 3 },
  { title: 'When', optional: 2 },
  { title: 'Job', least: 14 },
  { title: 'Schedule', least: 13 },
  { title: '', least: 20 },
]

/** A schedule with more fires than this in the range is one row of the table. */
const MOST_ROWS = 20

/** A row: one fire, or all those of a schedule that has many. */
interface Row {
  readonly run: UpcomingRun
  /** The other fires of the row. */
  readonly more: readonly UpcomingRun[]
}

/** The table for people, then the schedules without fires. `now`: ms since the epoch. */
export function renderUpcomingRuns(
  runs: readonly UpcomingRun[],
  now: number,
  { busy, ...options }: UpcomingTableOptions,
): string {
  const listed = runs.filter(({ note }) => note === null)
  const isNarrow = options.width !== undefined
  const rows = collapsed(listed).map(({ run, more }) => [
    run.local ?? '-',
    run.timezone,
    run.scheduledFor === null ? '-' : clockText(Date.parse(run.scheduledFor), 'UTC'),
    run.scheduledFor === null ? 'dropped' : relativeTime(Date.parse(run.scheduledFor), now),
    run.job,
    scheduleCell(run),
    [...marks(run, isNarrow), ...manyText(run, more)].join('; '),
  ])
  const parts = [
    rows.length === 0 ? 'No fires in this range.\n' : renderTable(COLUMNS, rows, options),
    ...(isNarrow ? daylightText(listed) : []),
    ...busyText(listed, busy),
  ]
  const silent = runs.filter(({ note }) => note !== null)
  if (silent.length > 0) {
    const columns = [
      { title: 'Job', least: 10 },
      { title: 'Schedule', least: 11 },
      { title: 'Runs', least: 20 },
      { title: '' },
    ]
    const notes = silent.map((run) => [run.job, scheduleCell(run), run.note ?? '', run.paused ? 'paused' : ''])
    parts.push(renderTable(columns, notes, options))
  }
  return parts.join('\n')
}

/** In order of time, with one row for a schedule that fires often; what daylight saving changes keeps its own row. */
function collapsed(listed: readonly UpcomingRun[]): Row[] {
  const bySchedule = new Map<string, UpcomingRun[]>()
  for (const run of listed) {
    if (run.daylight !== null) continue
    const key = scheduleOf(run)
    const runs = bySchedule.get(key)
    if (runs === undefined) bySchedule.set(key, [run])
    else runs.push(run)
  }
  return listed.flatMap((run) => {
    const runs = run.daylight === null ? (bySchedule.get(scheduleOf(run)) ?? []) : []
    if (runs.length <= MOST_ROWS) return [{ run, more: [] }]
    return runs[0] === run ? [{ run, more: runs.slice(1) }] : []
  })
}

const scheduleOf = ({ job, schedule, timezone, origin }: UpcomingRun): string =>
  JSON.stringify([job, schedule, timezone, origin])

function manyText({ local: first }: UpcomingRun, more: readonly UpcomingRun[]): string[] {
  const last = more.at(-1)?.local ?? ''
  if (last === '') return []
  const isSameDay = last.slice(0, 10) === first?.slice(0, 10)
  return [`and ${more.length} more until ${last.slice(isSameDay ? 11 : 0, 16)}`]
}

const scheduleCell = ({ schedule, origin }: UpcomingRun): string => `${schedule}${origin === 'code' ? ' [code]' : ''}`

function marks(run: UpcomingRun, isNarrow: boolean): string[] {
  const { daylight, repeated } = run
  return [
    ...(repeated === null ? [] : [`the ${repeated} of two ${timeOfDay(run)}`]),
    ...(daylight === null ? [] : [isNarrow ? daylight.kind : `${daylight.kind}: ${daylight.note}`]),
    ...(run.busy ? [`busy: ${run.jobsAtOnce} jobs at once`] : []),
    ...(run.paused ? ['paused'] : []),
    ...(run.jitterMs > 0 ? [`starts ${formatDuration(Math.round(run.jitterMs / 1000) * 1000)} later`] : []),
  ]
}

const timeOfDay = ({ local }: UpcomingRun): string => (local ?? '').slice(11, 19).replace(/:00$/, '')

/** The notes that the table has no room for, a line for each job and change of the clock. */
function daylightText(listed: readonly UpcomingRun[]): string[] {
  const lines = new Set(
    listed.flatMap(({ job, daylight }) => (daylight === null ? [] : [`${job}: ${daylight.kind}: ${daylight.note}.\n`])),
  )
  return lines.size === 0 ? [] : [[...lines].join('')]
}

function busyText(listed: readonly UpcomingRun[], busy: number): string[] {
  const instants = new Set(listed.filter((run) => run.busy).map((run) => run.scheduledFor))
  if (instants.size === 0) return []
  const count = instants.size === 1 ? 'At 1 instant' : `At ${instants.size} instants`
  return [
    `${count} more than ${busy === 1 ? '1 job fires' : `${busy} jobs fire`} together; spread them with other minutes, or with "jitter".\n`,
  ]
}
