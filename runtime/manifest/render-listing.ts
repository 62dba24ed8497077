import { clockText } from '../schedule/index.ts'
import { type Column, renderTable } from '../support/table.ts'
import { relativeTime } from '../support/time-text.ts'
import type { ListedJob, ListedSchedule } from './listing.ts'

/** `in 3 h (2026-12-01 09:00 UTC)`, `disabled (NIGHTLY_ENABLED=false)`: what is in brackets goes first. */
const withoutBrackets = (cell: string): string => cell.replace(/ \(.*\)/, '')

const COLUMNS: readonly Column[] = [
  { title: 'Name', least: 16 },
  { title: 'Schedule', short: withoutBrackets, least: 15 },
  { title: 'Next run', short: withoutBrackets, least: 16 },
  { title: 'Last run', short: (cell) => cell.replace(/ .*/, '') },
  { title: 'Priority', optional: 2 },
  { title: 'Description', optional: 1, least: 16 },
]

export interface JobListOptions {
  readonly color?: boolean
  /** Columns of the terminal, where there is one. */
  readonly width?: number | undefined
  /** The zone of the times; default: UTC. */
  readonly timezone?: string
  /** What a store knows, by job, where one was read. */
  readonly states?: ReadonlyMap<string, ShownState>
}

/** What a store knows of a job, in words. */
export interface ShownState {
  /** By whom, and why; null while the job is not paused. */
  readonly paused: string | null
  /** `SUCCESS 3 min ago`, or `-`; may be coloured. */
  readonly lastRun: string
}

/** The table of jobs for people: a row for each schedule, then the problems. `now`: ms since the epoch. */
export function renderJobList(listed: readonly ListedJob[], now: number, options: JobListOptions = {}): string {
  if (listed.length === 0) return 'No jobs yet. Add one: webstir add-job nightly --schedule "0 0 * * *"\n'
  const paint = options.color === true ? red : plain
  const { timezone = 'UTC', states } = options
  const columns = states === undefined ? COLUMNS.filter(({ title }) => title !== 'Last run') : COLUMNS
  const rows: string[][] = []
  const faults: string[] = []
  const times = new Map<string, string>()
  for (const job of listed) {
    const add = (schedule: string, next: string): void => {
      const last = states === undefined ? [] : [states.get(job.name)?.lastRun ?? '-']
      rows.push([job.name, schedule, next, ...last, String(job.priority ?? '-'), job.description ?? ''])
    }
    if (job.problem !== null) faults.push(`${job.name}: ${job.problem}`)
    const isUnknown = job.codeSchedules === 'unknown'
    if (job.problem !== null && job.schedules.length === 0) {
      add('-', paint('invalid'))
    } else if (job.schedules.length === 0 && !isUnknown) {
      add('-', job.enabled ? 'on request' : disabled(job))
    }
    for (const schedule of job.schedules) {
      add(
        scheduleCell(schedule),
        nextCell(job, schedule, times, { now, timezone, paint, paused: states?.get(job.name)?.paused ?? null }),
      )
      if (schedule.problem !== null) faults.push(`${job.name}: ${schedule.problem}`)
    }
    if (isUnknown) add('? [code]', job.enabled ? 'unknown until a build' : disabled(job))
  }
  const table = renderTable(columns, rows, options)
  return faults.length === 0 ? table : `${table}\n${faults.map((fault) => `${paint('invalid')}  ${fault}\n`).join('')}`
}

function scheduleCell({ schedule, timezone, origin, kind }: ListedSchedule): string {
  // A rate and `@reboot` follow no clock.
  const hasZone = timezone !== 'UTC' && kind !== 'rate' && kind !== 'reboot'
  const zone = hasZone ? ` (${timezone})` : ''
  return `${schedule}${zone}${origin === 'code' ? ' [code]' : ''}`
}

function nextCell(
  job: ListedJob,
  { next, note, problem }: ListedSchedule,
  times: Map<string, string>,
  { now, timezone, paint, paused }: NextCellOptions,
): string {
  if (problem !== null) return paint('invalid')
  if (!job.enabled) return disabled(job)
  if (paused !== null) return `paused (${paused})`
  if (next === null) return note ?? '-'
  let text = times.get(next)
  if (text === undefined) {
    const instant = Date.parse(next)
    text = `${relativeTime(instant, now)} (${clockText(instant, timezone)})`
    times.set(next, text)
  }
  return text
}

interface NextCellOptions {
  readonly now: number
  readonly timezone: string
  readonly paint: Paint
  readonly paused: string | null
}

const disabled = (job: ListedJob): string => (job.disabledBy === null ? 'disabled' : `disabled (${job.disabledBy})`)

type Paint = (text: string) => string
const plain: Paint = (text) => text
const red: Paint = (text) => `\x1b[31m${text}\x1b[39m`
