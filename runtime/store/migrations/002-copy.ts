import type { Dialect } from '../sql/dialect.ts'
import type { MigrationStep } from './migration.ts'

/* What was in the tables of version 1, renamed to ..._v1. */

export const COPY_SCHEDULES = `insert into job_schedule (key, job, expression, timezone, args, origin, watermark, anchor,
    first_seen_at, seen_at, retired_at)
  select key, job, expression, timezone, args, origin, mark, anchor, seen_at, seen_at, retired_at
    from job_schedule_state_v1`
export const COPY_LINES = 'insert into job_line (job, tenant) select job, tenant from job_lock_v1'
export const COPY_PAUSES = `insert into job_pause (job, paused, since, changed_by, reason, past)
  select job, paused, since, changed_by, reason, past from job_state_v1`
export const COPY_NODES = `insert into job_node (id, host, pid, version, started_at, heartbeat_at, next_wake_at, fires)
  select id, host, pid, version, started_at, heartbeat_at, next_wake_at, fires from scheduler_node_v1`

/** The types of ids are converted by PostgreSQL only on request. */
const uuid = (dialect: Dialect, column: string): string => (dialect === 'sqlite' ? column : `${column}::uuid`)

export const COPY_LOCKS: MigrationStep = ({ dialect }) => [
  `insert into job_retained_lock (execution_id, job, tenant, owner, retained_at)
    select ${uuid(dialect, 'execution_id')}, job, tenant, owner, taken_at from job_lock_v1 where lingers = 1`,
]

const COPIED = `job, schedule_key, scheduled_for, tenant, "trigger", lock_kind, attempt, max_attempts, recoveries,
  recover_limit, args, after_jobs, owner, queued_at, available_at, started_at, finished_at, cancel_requested_at,
  error_code, error_message, error_stack, skip_reason, skip_count, skipped_until, progress_percent, progress_message`

export const COPY_EXECUTIONS: MigrationStep = ({ dialect }) => ({
  table: 'job_execution_v1',
  key: 'id',
  statements: (range) => [
    `insert into job_history (id, parent_id, ${COPIED}, status, priority, duration_ms, skip_cause, child)
      select ${uuid(dialect, 'id')}, ${uuid(dialect, 'parent_id')}, ${COPIED}, status, priority, duration_ms, skip_cause,
        case when parent_id is not null and tenant <> '' then 1 else 0 end
      from job_execution_v1 where ${range('id')} and status not in ('QUEUED', 'RUNNING') order by id`,
    `insert into job_open (id, parent_id, ${COPIED}, phase, rank, heartbeat_at)
      select ${uuid(dialect, 'id')}, ${uuid(dialect, 'parent_id')}, ${COPIED},
        case status when 'RUNNING' then 2 else 0 end, 0 - priority, heartbeat_at
      from job_execution_v1 where ${range('id')} and status in ('QUEUED', 'RUNNING') order by id`,
    `insert into job_fire (scheduled_for, job, tenant, schedule_key, execution_id)
      select e.scheduled_for, e.job, e.tenant, e.schedule_key, ${uuid(dialect, 'e.id')}
      from job_execution_v1 e left join job_schedule s on s.key = e.schedule_key and s.retired_at is null
      where ${range('e.id')} and e.schedule_key <> ''
        and (e.tenant <> '' or s.watermark is null or s.watermark < e.scheduled_for)`,
    // The last attempt of what has ended is read from the execution.
    `insert into job_attempt (execution_id, attempt, owner, started_at, finished_at, error_code, error_message, error_stack)
      select ${uuid(dialect, 'a.execution_id')}, a.attempt, a.owner, a.started_at, a.finished_at, a.error_code,
        a.error_message, a.error_stack
      from job_execution_v1 e join job_attempt_v1 a on a.execution_id = e.id
      where ${range('e.id')} and (a.attempt <> e.attempt or e.finished_at is null or a.finished_at <> e.finished_at)`,
  ],
})

export const COPY_LOGS: MigrationStep = ({ dialect }) => ({
  table: 'job_execution_log_v1',
  key: 'execution_id',
  statements: (range) => [
    `insert into job_log (execution_id, line, attempt, at, level, message, data, bytes, cut)
      select ${uuid(dialect, 'execution_id')}, line, attempt, at, level, message, data, bytes, cut
      from job_execution_log_v1 where ${range('execution_id')}`,
  ],
})
