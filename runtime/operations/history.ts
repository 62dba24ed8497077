import type { Manifest } from '../manifest/types.ts'
import type { ExecutionFilter } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { formatDuration } from '../support/duration.ts'
import { renderTable } from '../support/table.ts'
import { absoluteTime, relativeTime } from '../support/time-text.ts'
import { type ExecutionRecord, executionRecord } from './executions.ts'

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

const COLUMNS = [
  { title: 'Scheduled for' },
  { title: 'Job' },
  { title: 'Status' },
  { title: 'Took' },
  { title: 'Why' },
  { title: 'Detail' },
  { title: 'Id' },
] as const

export interface HistoryOptions {
  readonly color?: boolean
  /** Only some of the executions were asked for. */
  readonly isFiltered?: boolean
}

/** The table for people. `now`: ms since the epoch. */
export function renderHistory(records: readonly ExecutionRecord[], now: number, options: HistoryOptions): string {
  if (records.length === 0) {
    return options.isFiltered === true
      ? 'Nothing that ran or was skipped matches.\n'
      : 'Nothing has run yet, and nothing was skipped.\n'
  }
  const rows = records.map((record) => [
    `${absoluteTime(Date.parse(record.scheduledFor))} (${relativeTime(Date.parse(record.scheduledFor), now)})`,
    record.tenant === null ? record.job : `${record.job} @ ${record.tenant}`,
    record.status,
    record.durationMs === null ? '-' : tookText(record.durationMs),
    record.trigger,
    detail(record, now),
    record.id,
  ])
  return renderTable(COLUMNS, rows, options)
}

function detail(record: ExecutionRecord, now: number): string {
  const parts: string[] = []
  if (record.skipReason !== null) parts.push(record.skipReason)
  if (record.skipCount > 1) parts.push(`${record.skipCount} times, last for ${record.skippedUntil ?? ''}`)
  if (record.error !== null) parts.push(`${record.error.code}: ${firstLine(record.error.message)}`)
  if (record.attempt > 1) parts.push(`attempt ${record.attempt}`)
  if (record.status === 'QUEUED' && Date.parse(record.availableAt) > now) {
    parts.push(`starts ${relativeTime(Date.parse(record.availableAt), now)}`)
  }
  if (record.status === 'RUNNING' && record.cancelRequestedAt !== null) parts.push('asked to cancel')
  if (record.status === 'RUNNING' && record.progress !== null) {
    parts.push(`${record.progress.percent} % ${record.progress.message ?? ''}`.trim())
  }
  return parts.join('; ')
}

/** Milliseconds for people: `12 ms`, `3.4 s`, `2m5s`. */
function tookText(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return formatDuration(Math.round(milliseconds / 1000) * 1000)
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
