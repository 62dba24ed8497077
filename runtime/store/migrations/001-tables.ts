import type { CreateTableBuilder } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Times are ms since the epoch, texts that are JSON are canonical or as given. `bigint` is INTEGER in SQLite, and
 * `double precision` REAL.
 */
export const tables: Migration = {
  version: 1,
  name: 'tables',
  up({ dialect, schema, sql }) {
    // Without SQLite's row numbers a table is its own index: one tree to write to instead of two.
    const keyed = (table: CreateTableBuilder<string, string>): CreateTableBuilder<string, string> =>
      dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table
    const isRunning = sql<boolean>`status = 'RUNNING'`
    const isQueued = sql<boolean>`status = 'QUEUED'`
    return [
      schema
        .createTable('job_execution')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('job', 'text', (column) => column.notNull())
        .addColumn('schedule_key', 'text', (column) => column.notNull())
        .addColumn('scheduled_for', 'bigint', (column) => column.notNull())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('trigger', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('attempt', 'bigint', (column) => column.notNull())
        .addColumn('max_attempts', 'bigint', (column) => column.notNull())
        .addColumn('priority', 'double precision', (column) => column.notNull())
        .addColumn('args', 'text', (column) => column.notNull())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('heartbeat_at', 'bigint')
        .addColumn('queued_at', 'bigint', (column) => column.notNull())
        .addColumn('available_at', 'bigint', (column) => column.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('finished_at', 'bigint')
        .addColumn('duration_ms', 'bigint')
        .addColumn('error_code', 'text')
        .addColumn('error_message', 'text')
        .addColumn('error_stack', 'text')
        .addColumn('skip_cause', 'text')
        .addColumn('skip_reason', 'text')
        .addColumn('skip_count', 'bigint', (column) => column.notNull().defaultTo(0))
        .addColumn('skipped_until', 'bigint')
        .addColumn('recoveries', 'bigint', (column) => column.notNull().defaultTo(0))
        .addColumn('recover_limit', 'bigint', (column) => column.notNull())
        .addColumn('cancel_requested_at', 'bigint')
        .addColumn('parent_id', 'text')
        .addColumn('after_jobs', 'text', (column) => column.notNull())
        .addColumn('lock_kind', 'text', (column) => column.notNull())
        .addColumn('progress_percent', 'double precision')
        .addColumn('progress_message', 'text'),
      // A fire is claimed once: unique on (job, schedule key, instant, tenant). Runs by hand have no key and count by
      // their id, so that the same index lists everything by time; no NULL is ever in it.
      schema
        .createIndex('job_execution_fire')
        .unique()
        .on('job_execution')
        .expression(sql`scheduled_for, job, tenant, (case schedule_key when '' then id else schedule_key end)`),
      schema.createIndex('job_execution_history').on('job_execution').columns(['job', 'scheduled_for']),
      // The open ones are few among many: each of these indexes holds only them.
      schema.createIndex('job_execution_running').on('job_execution').columns(['job', 'tenant']).where(isRunning),
      schema
        .createIndex('job_execution_queued')
        .on('job_execution')
        .columns(['job', 'tenant', 'lock_kind', 'scheduled_for'])
        .where(isQueued),
      schema
        .createIndex('job_execution_next')
        .on('job_execution')
        .columns(['priority desc', 'scheduled_for', 'id'])
        .where(isQueued),
      schema.createIndex('job_execution_available').on('job_execution').columns(['available_at']).where(isQueued),
      schema
        .createIndex('job_execution_skipped')
        .on('job_execution')
        .columns(['job', 'tenant', 'id'])
        .where(sql<boolean>`status = 'SKIPPED'`),
      schema
        .createIndex('job_execution_parent')
        .on('job_execution')
        .columns(['parent_id'])
        .where(sql<boolean>`parent_id is not null`),
      keyed(
        schema
          .createTable('job_attempt')
          .addColumn('execution_id', 'text', (column) => column.notNull())
          .addColumn('attempt', 'bigint', (column) => column.notNull())
          .addColumn('owner', 'text', (column) => column.notNull())
          .addColumn('started_at', 'bigint', (column) => column.notNull())
          .addColumn('finished_at', 'bigint')
          .addColumn('error_code', 'text')
          .addColumn('error_message', 'text')
          .addColumn('error_stack', 'text')
          .addPrimaryKeyConstraint('job_attempt_key', ['execution_id', 'attempt']),
      ),
      keyed(
        schema
          .createTable('job_schedule_state')
          .addColumn('key', 'text', (column) => column.primaryKey())
          .addColumn('job', 'text', (column) => column.notNull())
          .addColumn('expression', 'text', (column) => column.notNull())
          .addColumn('timezone', 'text', (column) => column.notNull())
          .addColumn('args', 'text', (column) => column.notNull())
          .addColumn('origin', 'text', (column) => column.notNull())
          .addColumn('mark', 'bigint', (column) => column.notNull())
          .addColumn('anchor', 'bigint')
          .addColumn('seen_at', 'bigint', (column) => column.notNull())
          .addColumn('retired_at', 'bigint'),
      ),
      keyed(
        schema
          .createTable('job_lock')
          .addColumn('job', 'text', (column) => column.notNull())
          .addColumn('tenant', 'text', (column) => column.notNull())
          .addColumn('execution_id', 'text', (column) => column.notNull())
          .addColumn('owner', 'text', (column) => column.notNull())
          .addColumn('taken_at', 'bigint', (column) => column.notNull())
          .addColumn('lingers', 'bigint', (column) => column.notNull())
          .addPrimaryKeyConstraint('job_lock_key', ['job', 'tenant']),
      ),
      schema.createIndex('job_lock_lingering').on('job_lock').columns(['owner']).where(sql<boolean>`lingers = 1`),
      schema
        .createTable('job_state')
        .addColumn('job', 'text', (column) => column.primaryKey())
        .addColumn('paused', 'bigint', (column) => column.notNull())
        .addColumn('since', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('past', 'text', (column) => column.notNull()),
      keyed(
        schema
          .createTable('job_execution_log')
          .addColumn('execution_id', 'text', (column) => column.notNull())
          .addColumn('line', 'bigint', (column) => column.notNull())
          .addColumn('attempt', 'bigint', (column) => column.notNull())
          .addColumn('at', 'bigint', (column) => column.notNull())
          .addColumn('level', 'text', (column) => column.notNull())
          .addColumn('message', 'text', (column) => column.notNull())
          .addColumn('data', 'text')
          .addColumn('bytes', 'bigint', (column) => column.notNull())
          .addColumn('cut', 'bigint', (column) => column.notNull())
          .addPrimaryKeyConstraint('job_execution_log_key', ['execution_id', 'line']),
      ),
      schema
        .createTable('scheduler_node')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('pid', 'bigint', (column) => column.notNull())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('started_at', 'bigint', (column) => column.notNull())
        .addColumn('heartbeat_at', 'bigint', (column) => column.notNull())
        .addColumn('next_wake_at', 'bigint', (column) => column.notNull())
        .addColumn('fires', 'bigint', (column) => column.notNull()),
    ]
  },
}
