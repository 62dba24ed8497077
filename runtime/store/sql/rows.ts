import type { JsonValue } from '../../support/json.ts'
import { StoreError } from '../errors.ts'
import {
  type Attempt,
  type AwaitedFire,
  type ErrorRecord,
  type Execution,
  JOB_STATUSES,
  type JobStatus,
  type LogLine,
  type PolicyOverrides,
  type Trigger,
} from '../execution.ts'
import type { NodeRecord } from '../job-store.ts'
import type { LockKey } from '../locks.ts'
import type { NodeSessionRecord } from '../node-tables.ts'
import type { Row } from '../transaction-script.ts'

const STATUSES: ReadonlySet<string> = new Set(JOB_STATUSES)
const TRIGGERS: ReadonlySet<string> = new Set<Trigger>(['schedule', 'catch-up', 'manual', 'code', 'enqueue'])
const LEVELS: ReadonlySet<string> = new Set<LogLine['level']>(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])

export const isStatus = (value: string): value is JobStatus => STATUSES.has(value)
const isTrigger = (value: string): value is Trigger => TRIGGERS.has(value)
const isLevel = (value: string): value is LogLine['level'] => LEVELS.has(value)

export function executionOf(row: Row): Execution {
  const execution = plainExecutionOf(row)
  const overrides = textOrNull(row, 'overrides')
  const key = textOrNull(row, 'dedup_key')
  if (overrides === null && key === null) return execution
  return {
    ...execution,
    ...(key === null ? {} : { key }),
    ...(overrides === null ? {} : { overrides: overridesOf(overrides) }),
  }
}

function overridesOf(text: string): PolicyOverrides {
  return JSON.parse(text)
}

function plainExecutionOf(row: Row): Execution {
  return {
    id: text(row, 'id'),
    job: text(row, 'job'),
    scheduleKey: text(row, 'schedule_key'),
    scheduledFor: number(row, 'scheduled_for'),
    tenant: text(row, 'tenant'),
    trigger: oneOf(row, 'trigger', isTrigger),
    status: oneOf(row, 'status', isStatus),
    attempt: number(row, 'attempt'),
    maxAttempts: number(row, 'max_attempts'),
    priority: number(row, 'priority'),
    args: list(row, 'args'),
    owner: text(row, 'owner'),
    heartbeatAt: numberOrNull(row, 'heartbeat_at'),
    queuedAt: number(row, 'queued_at'),
    availableAt: number(row, 'available_at'),
    startedAt: numberOrNull(row, 'started_at'),
    finishedAt: numberOrNull(row, 'finished_at'),
    error: errorOf(row),
    skipReason: textOrNull(row, 'skip_reason'),
    skipCount: number(row, 'skip_count'),
    skippedUntil: numberOrNull(row, 'skipped_until'),
    recoveries: number(row, 'recoveries'),
    recoverLimit: number(row, 'recover_limit'),
    cancelRequestedAt: numberOrNull(row, 'cancel_requested_at'),
    parentId: textOrNull(row, 'parent_id'),
    ...afterOf(row),
    lock: text(row, 'lock_kind') === 'bypass' ? 'bypass' : 'exclusive',
    queue: text(row, 'queue'),
    progress:
      numberOrNull(row, 'progress_percent') === null
        ? null
        : { percent: number(row, 'progress_percent'), message: textOrNull(row, 'progress_message') },
  }
}

export function attemptOf(row: Row): Attempt {
  return {
    executionId: text(row, 'execution_id'),
    attempt: number(row, 'attempt'),
    owner: text(row, 'owner'),
    startedAt: number(row, 'started_at'),
    finishedAt: numberOrNull(row, 'finished_at'),
    error: errorOf(row),
  }
}

export function logLineOf(row: Row): LogLine {
  const data = textOrNull(row, 'data')
  return {
    at: number(row, 'at'),
    level: oneOf(row, 'level', isLevel),
    message: text(row, 'message'),
    data: data === null ? null : objectOf(data, 'data'),
  }
}

export function nodeOf(row: Row): NodeRecord {
  return {
    id: text(row, 'id'),
    host: text(row, 'host'),
    pid: number(row, 'pid'),
    version: text(row, 'version'),
    startedAt: number(row, 'started_at'),
    heartbeatAt: number(row, 'heartbeat_at'),
    nextWakeAt: number(row, 'next_wake_at'),
    fires: number(row, 'fires') === 1,
    identity: identityOf(row),
    nodeVersion: textOrNull(row, 'node_version'),
    timezoneData: textOrNull(row, 'tz_data'),
    manifestHash: textOrNull(row, 'manifest_hash'),
    engine: textOrNull(row, 'engine'),
    queues: parsedOrNull(row, 'queues'),
    slots: numberOrNull(row, 'slots'),
    jobs: parsedOrNull(row, 'jobs'),
    clockOffset: numberOrNull(row, 'clock_offset_ms'),
  }
}

function identityOf(row: Row): NodeRecord['identity'] {
  const bootId = textOrNull(row, 'boot_id')
  const pidNamespace = textOrNull(row, 'pid_namespace')
  const startedAt = textOrNull(row, 'process_started_at')
  return bootId === null || pidNamespace === null || startedAt === null ? null : { bootId, pidNamespace, startedAt }
}

export function sessionOf(row: Row): NodeSessionRecord {
  const how = textOrNull(row, 'how')
  return {
    node: text(row, 'node'),
    host: text(row, 'host'),
    startedAt: number(row, 'started_at'),
    lastSeenAt: number(row, 'last_seen_at'),
    endedAt: numberOrNull(row, 'ended_at'),
    how: how === 'stopped' || how === 'died' ? how : null,
  }
}

/** JSON that this package wrote. */
function parsedOrNull<Value>(row: Row, column: string): Value | null {
  const value = textOrNull(row, column)
  return value === null ? null : JSON.parse(value)
}

export function text(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : unreadable(column, value)
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

export function number(row: Row, column: string): number {
  const value = row[column]
  return typeof value === 'number' ? value : unreadable(column, value)
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column)
}

/** An array of JSON values, kept as text. */
function list(row: Row, column: string): readonly JsonValue[] {
  const value = text(row, column)
  if (value === '[]') return []
  const parsed: unknown = JSON.parse(value)
  return Array.isArray(parsed) ? parsed : unreadable(column, value)
}

/** Names, and pairs of a name and an instant for fires that are awaited beside those of its own instant. */
function afterOf(row: Row): Pick<Execution, 'after' | 'awaits'> {
  const after: string[] = []
  const awaits: AwaitedFire[] = []
  for (const one of list(row, 'after_jobs')) {
    if (typeof one === 'string') after.push(one)
    else if (isList(one) && typeof one[0] === 'string' && typeof one[1] === 'number') {
      awaits.push({ job: one[0], scheduledFor: one[1] })
    } else unreadable('after_jobs', one)
  }
  return awaits.length === 0 ? { after } : { after, awaits }
}

/** The same, to be kept. */
export function afterText({ after, awaits = [] }: Pick<Execution, 'after' | 'awaits'>): string {
  if (after.length === 0) return '[]'
  return JSON.stringify([...after, ...awaits.map(({ job, scheduledFor }) => [job, scheduledFor])])
}

function objectOf(value: string, column: string): { readonly [key: string]: JsonValue } {
  const parsed: JsonValue = JSON.parse(value)
  if (typeof parsed !== 'object' || parsed === null || isList(parsed)) return unreadable(column, value)
  return parsed
}

const isList = (value: unknown): value is readonly JsonValue[] => Array.isArray(value)

function errorOf(row: Row): ErrorRecord | null {
  const code = textOrNull(row, 'error_code')
  if (code === null) return null
  return { code, message: textOrNull(row, 'error_message') ?? '', stack: textOrNull(row, 'error_stack') }
}

export function oneOf<Value extends string>(row: Row, column: string, is: (value: string) => value is Value): Value {
  const value = text(row, column)
  return is(value) ? value : unreadable(column, value)
}

function unreadable(column: string, value: unknown): never {
  throw new StoreError('STORE_CORRUPT', `the store's column ${column} holds ${JSON.stringify(value)}`, {
    hint: 'restore a backup, or start with an empty store: something else wrote to these tables',
  })
}

export const idsOf = (rows: readonly Row[]): Set<string> => new Set(rows.map((row) => text(row, 'id')))

export const pairOf = (row: Row): LockKey => ({ job: text(row, 'job'), tenant: text(row, 'tenant') })
