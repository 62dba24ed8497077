import type { Dialect } from '../sql/dialect.ts'
import {
  COPY_EXECUTIONS,
  COPY_LINES,
  COPY_LOCKS,
  COPY_LOGS,
  COPY_NODES,
  COPY_PAUSES,
  COPY_SCHEDULES,
} from './002-copy.ts'
import { roomForLater } from './002-room-for-later.ts'
import { type ColumnTypes, columnTypes } from './column-types.ts'
import type { Migration } from './migration.ts'

/**
 * Open executions, history and claimed fires (docs/adr/0007-store-layout.md), and what later versions stand on. The old
 * tables are renamed first: a process of the old version that goes on afterwards fails.
 */
export const openAndHistory: Migration = {
  version: 2,
  name: 'open and history',
  refusesLive:
    'select host, pid, heartbeat_at from scheduler_node where heartbeat_at > ? order by heartbeat_at desc limit 1',
  up: ({ dialect }) => [
    ...OLD.map((table) => `alter table ${table} rename to ${table}_v1`),
    ...definitions(dialect),
    ...roomForLater(dialect),
    COPY_SCHEDULES,
    COPY_LINES,
    COPY_LOCKS,
    COPY_PAUSES,
    COPY_NODES,
    COPY_EXECUTIONS,
    COPY_LOGS,
    ...historyIndexes(dialect),
    ...OLD.map((table) => `drop table ${table}_v1`),
    VIEW,
  ],
}

const OLD = [
  'job_execution',
  'job_attempt',
  'job_schedule_state',
  'job_lock',
  'job_state',
  'job_execution_log',
  'scheduler_node',
]

/** Columns that an execution has, open or ended. */
function executionColumns({ id, real }: ColumnTypes): string {
  return `id ${id} not null primary key,
    job text not null,
    schedule_key text not null,
    scheduled_for bigint not null,
    tenant text not null,
    "trigger" text not null,
    lock_kind text not null,
    queue text not null default 'default',
    attempt bigint not null,
    max_attempts bigint not null,
    recoveries bigint not null default 0,
    recover_limit bigint not null,
    args text not null,
    after_jobs text not null,
    owner text not null,
    queued_at bigint not null,
    available_at bigint not null,
    started_at bigint,
    finished_at bigint,
    cancel_requested_at bigint,
    parent_id ${id},
    error_code text,
    error_message text,
    error_stack text,
    skip_reason text,
    skip_count bigint not null default 0,
    skipped_from bigint,
    skipped_until bigint,
    progress_percent ${real},
    progress_message text,
    trace_context text,
    asked_by text`
}

function definitions(dialect: Dialect): string[] {
  const types = columnTypes(dialect)
  const { id, small, real, keyed, hot } = types
  // Rows come and go: room for updates in place, and a vacuum after so many rows, however large the table was once.
  const open =
    dialect === 'sqlite'
      ? ' without rowid'
      : ' with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)'
  return [
    `create table job_open (
      ${executionColumns(types)},
      phase ${small} not null,
      rank ${real} not null,
      waits ${small} not null default 0,
      followed ${small} not null default 0,
      slot bigint,
      slots bigint not null default 1,
      base bigint not null default 0,
      heartbeat_at bigint,
      overrides text,
      dedup_key text
    )${open}`,
    'create index job_open_line on job_open (job, tenant, phase, lock_kind, scheduled_for, id)',
    'create unique index job_open_slot on job_open (job, tenant, slot) where slot is not null',
    'create index job_open_next on job_open (queue, rank, scheduled_for, id) where phase = 0 and waits = 0',
    'create index job_open_due on job_open (available_at, rank) where phase = 0 and waits = 2',
    'create index job_open_running on job_open (owner) where phase = 2',
    'create index job_open_followed on job_open (heartbeat_at) where phase = 2 and followed = 1',
    'create index job_open_parent on job_open (parent_id) where parent_id is not null',
    `create table job_history (
      ${executionColumns(types)},
      status text not null,
      priority ${real} not null,
      duration_ms bigint,
      skip_cause text,
      child ${small} not null default 0
    )`,
    `create table job_fire (
      scheduled_for bigint not null,
      job text not null,
      tenant text not null,
      schedule_key text not null,
      execution_id ${id} not null,
      primary key (scheduled_for, job, tenant, schedule_key)
    )${keyed}`,
    'create index job_fire_execution on job_fire (execution_id)',
    `create table job_attempt (
      execution_id ${id} not null,
      attempt bigint not null,
      owner text not null,
      started_at bigint not null,
      finished_at bigint,
      error_code text,
      error_message text,
      error_stack text,
      primary key (execution_id, attempt)
    )${keyed}`,
    `create table job_log (
      execution_id ${id} not null,
      line bigint not null,
      attempt bigint not null,
      at bigint not null,
      level text not null,
      message text not null,
      data text,
      bytes bigint not null,
      cut bigint not null,
      primary key (execution_id, line)
    )${keyed}`,
    `create table job_schedule (
      key text not null primary key,
      job text not null,
      expression text not null,
      timezone text not null,
      args text not null,
      origin text not null,
      watermark bigint not null,
      anchor bigint,
      nominal_at bigint,
      nominal_fire_at bigint,
      first_seen_at bigint not null,
      seen_at bigint not null,
      retired_at bigint
    )${hot}`,
    'create index job_schedule_job on job_schedule (job)',
    `create table job_line (job text not null, tenant text not null, primary key (job, tenant))${hot}`,
    `create table job_retained_lock (
      execution_id ${id} not null primary key,
      job text not null,
      tenant text not null,
      slot bigint,
      owner text not null,
      retained_at bigint not null
    )${keyed}`,
    `create table job_pause (
      scope text not null default 'job',
      job text not null,
      paused bigint not null,
      since bigint not null,
      until bigint,
      drain ${small} not null default 0,
      changed_by text not null,
      reason text,
      past text not null,
      primary key (scope, job)
    )${keyed}`,
    `create table job_node (
      id text not null primary key,
      host text not null,
      pid bigint not null,
      version text not null,
      started_at bigint not null,
      heartbeat_at bigint not null,
      next_wake_at bigint not null,
      fires bigint not null,
      boot_id text,
      pid_namespace text,
      process_started_at text,
      node_version text,
      tz_data text,
      manifest_hash text,
      build_id text,
      engine text,
      queues text,
      slots bigint,
      running bigint,
      loop_lag_ms bigint,
      jobs text,
      dashboard_url text,
      clock_offset_ms bigint
    )${hot}`,
  ]
}

/** Made when the rows are there, which is quicker than row by row. */
function historyIndexes(dialect: Dialect): string[] {
  // SQLite's entries end with the number of the row, far shorter than its id: the fewer pages are written.
  const id = dialect === 'sqlite' ? '' : ', id'
  return [
    `create index job_history_time on job_history (scheduled_for${id})`,
    `create index job_history_job on job_history (job, child, scheduled_for${id})`,
    'create index job_history_finished on job_history (finished_at, status, job, started_at, available_at, duration_ms)',
    `create index job_history_trouble on job_history (status, scheduled_for${id}) where status <> 'SUCCESS'`,
    `create index job_history_job_trouble on job_history (job, status, scheduled_for${id}) where status <> 'SUCCESS'`,
    `create index job_history_tenant on job_history (tenant, scheduled_for${id}) where tenant <> ''`,
    'create index job_history_parent on job_history (parent_id) where parent_id is not null',
  ]
}

const BOTH = `id, job, schedule_key, scheduled_for, tenant, "trigger", attempt, max_attempts, args, owner`
const REST = `queued_at, available_at, started_at, finished_at`
const LAST = `error_code, error_message, error_stack, skip_reason, skip_count, skipped_until, recoveries, recover_limit,
  cancel_requested_at, parent_id, after_jobs, lock_kind, queue, progress_percent, progress_message`

const VIEW = `create view job_execution as
  select ${BOTH}, case phase when 2 then 'RUNNING' when 3 then 'SKIPPED' else 'QUEUED' end as status, 0 - rank as priority,
    heartbeat_at, ${REST}, null as duration_ms, ${LAST} from job_open
  union all
  select ${BOTH}, status, priority, null as heartbeat_at, ${REST}, duration_ms, ${LAST} from job_history`
