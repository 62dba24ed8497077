import type { ColumnType } from './dialect.ts'

/** Columns of executions that an execution is read from: those of the view `job_execution`, then what only open ones have. */
export const EXECUTION_COLUMNS = [
  'id',
  'job',
  'schedule_key',
  'scheduled_for',
  'tenant',
  '"trigger"',
  'status',
  'attempt',
  'max_attempts',
  'priority',
  'args',
  'owner',
  'heartbeat_at',
  'queued_at',
  'available_at',
  'started_at',
  'finished_at',
  'error_code',
  'error_message',
  'error_stack',
  'skip_reason',
  'skip_count',
  'skipped_until',
  'recoveries',
  'recover_limit',
  'cancel_requested_at',
  'parent_id',
  'after_jobs',
  'lock_kind',
  'queue',
  'progress_percent',
  'progress_message',
  'overrides',
  'dedup_key',
] as const

/** What a column of the one table is in the other; each where it isn't called the same. */
export const OPEN: Readonly<Record<string, string>> = {
  status: `case e.phase when 2 then 'RUNNING' when 3 then 'SKIPPED' else 'QUEUED' end`,
  priority: '0 - e.rank',
}
export const HISTORY: Readonly<Record<string, string>> = { heartbeat_at: 'null', overrides: 'null', dedup_key: 'null' }

const IDS = ['id', 'parent_id', 'execution_id']
const REALS = ['priority', 'rank', 'progress_percent']
const INTEGERS = [
  ...['scheduled_for', 'attempt', 'max_attempts', 'heartbeat_at', 'queued_at', 'available_at', 'started_at'],
  ...['finished_at', 'duration_ms', 'skip_count', 'skipped_until', 'recoveries', 'recover_limit'],
  ...[
    'cancel_requested_at',
    'phase',
    'waits',
    'followed',
    'child',
    'line',
    'at',
    'bytes',
    'cut',
    'paused',
    'since',
    'until',
    'drain',
  ],
  ...['pid', 'next_wake_at', 'fires', 'watermark', 'anchor', 'first_seen_at', 'seen_at', 'retired_at'],
  ...['nominal_at', 'nominal_fire_at', 'slots', 'ended_at', 'last_seen_at', 'clock_offset_ms'],
]
const TYPES = new Map<string, ColumnType>([
  ...IDS.map((name): [string, ColumnType] => [name, 'id']),
  ...REALS.map((name): [string, ColumnType] => [name, 'real']),
  ...INTEGERS.map((name): [string, ColumnType] => [name, 'integer']),
])

/** Columns with their types. One name means one type in all tables, but for `id` of a node, which is a text. */
export function typed(columns: readonly string[]): Record<string, ColumnType> {
  return Object.fromEntries(columns.map((name) => [name, TYPES.get(name) ?? 'text']))
}
