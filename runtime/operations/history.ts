import type { Manifest } from '../manifest/types.ts'
import { clockText } from '../schedule/index.ts'
import type { JobStatus } from '../store/execution.ts'
import type { ExecutionFilter } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { formatDuration } from '../support/duration.ts'
import { type Column, renderTable } from '../support/table.ts'
import { clip } from '../support/thrown.ts'
import { relativeTime } from '../support/time-text.ts'
import { type ExecutionRecord, executionRecord, shortIds } from './executions.ts'

/** The executions that match, newest first, as they are shown. */
export async function readHistory(
  store: Store,
  filter: ExecutionFilter,
  { jobs, settings }: Manifest,
): Promise<ExecutionRecord[]> {
  const [executions, known] = await Promise.all([store.executions(filter), store.scheduleTexts()])
  // A fire can be backfilled before any scheduler has made its schedule known to the store.
  const written = new Map(jobs.flatMap(({ schedules }) => schedules.map(({ key, text }) => [key, text])))
  return executions.map((execution) => {
    const key = execution.scheduleKey
    return executionRecord(execution, known.get(key)?.expression ?? written.get(key), settings.redact)
  })
}

const COLUMNS: readonly Column[] = [
  { title: 'Id' },
  { title: 'Scheduled for', short: (time) => time.replace(/ (?:UTC|[+-][\d:]+)$/, '') },
  { title: 'When', optional: 2 },
  { title: 'Job', least: 14 },
  { title: 'Status' },
  { title: 'Took' },
  { title: 'Trigger', optional: 1 },
  { title: 'Detail', least: 18 },
]

const STATUS_COLORS: Readonly<Record<JobStatus, number>> = {
  QUEUED: 90,
  RUNNING: 36,
  SUCCESS: 32,
  FAILURE: 31,
  SKIPPED: 33,
  CANCELLED: 35,
  STALE: 31,
}

/** A status as a terminal shows it, in its colour where `color` is true. */
export function statusText(status: JobStatus, color: boolean): string {
  return color ? `\u001b[${STATUS_COLORS[status]}m${status}\u001b[39m` : status
}

export interface HistoryOptions {
  readonly color?: boolean
  /** Columns of the terminal, where there is one. */
  readonly width?: number | undefined
  /** The zone of the times; IANA name. */
  readonly timezone: string
  /** Only some of the executions were asked for. */
  readonly isFiltered?: boolean
}

/** The table for people. `now`: ms since the epoch. */
export function renderHistory(records: readonly ExecutionRecord[], now: number, options: HistoryOptions): string {
  if (records.length === 0) {
    return options.isFiltered === true ? 'No execution matches.\n' : 'Nothing has run yet, and nothing was skipped.\n'
  }
  const { timezone, color = false } = options
  const ids = shortIds(records.map(({ id }) => id))
  const rows = records.map((record, index) => [
    ids[index] ?? record.id,
    clockText(Date.parse(record.scheduledFor), timezone),
    relativeTime(Date.parse(record.scheduledFor), now),
    record.tenant === null ? record.job : `${record.job} @ ${record.tenant}`,
    statusText(record.status, color),
    record.durationMs === null ? '-' : durationText(record.durationMs),
    record.trigger,
    detail(record, now, timezone),
  ])
  return renderTable(COLUMNS, rows, options)
}

function detail(record: ExecutionRecord, now: number, timezone: string): string {
  const parts: string[] = []
  if (record.skipReason !== null) parts.push(record.skipReason)
  if (record.skipCount > 1 && record.skippedUntil !== null) {
    parts.push(`${record.skipCount} times, the last at ${clockText(Date.parse(record.skippedUntil), timezone)}`)
  }
  if (record.error !== null)
    parts.push(`${record.error.code}: ${clip(firstLine(record.error.message), LONGEST_DETAIL)}`)
  if (record.attempt > 1) parts.push(`attempt ${record.attempt}`)
  if (record.status === 'QUEUED' && Date.parse(record.availableAt) > now) {
    parts.push(`starts ${relativeTime(Date.parse(record.availableAt), now)}`)
  }
  if (record.status === 'RUNNING' && record.cancelRequestedAt !== null) parts.push('cancellation requested')
  if (record.status === 'RUNNING' && record.progress !== null) {
    parts.push(`${Math.floor(record.progress.percent)}% ${record.progress.message ?? ''}`.trim())
  }
  return parts.join('; ')
}

/** Milliseconds for people: `12 ms`, `3.4 s`, `2m5s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return formatDuration(Math.round(milliseconds / 1000) * 1000)
}

/** Of a message in a table, in characters; where a terminal is narrower, the table cuts it further. */
const LONGEST_DETAIL = 200

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
