import type { Dialect } from '../sql/dialect.ts'
import { columnTypes } from './column-types.ts'

/** Tables of what is built on this layout, made now, so that a store is migrated once. */
export function roomForLater(dialect: Dialect): string[] {
  const { id, small, keyed, hot } = columnTypes(dialect)
  const randomId = dialect === 'sqlite' ? 'lower(hex(randomblob(16)))' : `replace(gen_random_uuid()::text, '-', '')`
  const now = dialect === 'sqlite' ? 'unixepoch() * 1000' : '(extract(epoch from now()) * 1000)::bigint'
  return [
    // One row: who this store is, and which engine its nodes use.
    `create table job_store (
      one ${small} not null primary key check (one = 1),
      id text not null,
      engine text,
      engine_since bigint,
      created_at bigint not null
    )${keyed}`,
    `insert into job_store (one, id, created_at) values (1, ${randomId}, ${now})`,
    `create table job_result (execution_id ${id} not null primary key, value text not null)${keyed}`,
    `create table job_key (
      job text not null,
      tenant text not null,
      key text not null,
      execution_id ${id} not null,
      free_at bigint,
      frees_at_start ${small} not null default 0,
      keep_for bigint not null default 0,
      latest_at bigint,
      primary key (job, tenant, key)
    )${hot}`,
    'create index job_key_held on job_key (execution_id) where free_at is null',
    'create index job_key_free on job_key (free_at) where free_at is not null',
    `create table job_dismissal (
      execution_id ${id} not null primary key,
      at bigint not null,
      dismissed_by text not null,
      reason text
    )${keyed}`,
    // Of a job, or of one of its tenants: when its rate allows the next start, and when it last had a turn.
    `create table job_limit (
      job text not null,
      tenant text not null,
      rate_free_at bigint not null default 0,
      last_started_at bigint not null default 0,
      primary key (job, tenant)
    )${hot}`,
    // How long each process was there: what none of them covers was an outage.
    `create table job_session (
      node text not null primary key,
      host text not null,
      started_at bigint not null,
      last_seen_at bigint not null,
      ended_at bigint,
      how text
    )${keyed}`,
    'create index job_session_seen on job_session (last_seen_at)',
    `create table job_operator_action (
      id ${id} not null primary key,
      at bigint not null,
      who text not null,
      role text,
      address text,
      action text not null,
      job text,
      execution_id ${id},
      detail text
    )${keyed}`,
    'create index job_operator_action_time on job_operator_action (at)',
    `create table job_alert (
      rule text not null,
      job text not null,
      state text not null,
      since bigint not null,
      notified_at bigint,
      delivery ${id},
      primary key (rule, job)
    )${keyed}`,
    `create table job_webhook_delivery (
      id ${id} not null primary key,
      url_name text not null,
      body text not null,
      attempt bigint not null default 0,
      next_at bigint,
      last_status bigint
    )${keyed}`,
    'create index job_webhook_delivery_next on job_webhook_delivery (next_at) where next_at is not null',
  ]
}
