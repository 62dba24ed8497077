import { clockText } from '../schedule/index.ts'
import {
  type ErrorRecord,
  type Execution,
  isFinal,
  JOB_STATUSES,
  type JobStatus,
  type LogLine,
  type Trigger,
} from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import { type Clock, sleep } from '../support/clock.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { redacted, redactedFields } from '../support/redact.ts'
import { redactText } from '../support/redact-text.ts'

/** An execution as `--json` shows it: documented and stable. Times are ISO 8601 in UTC. */
export interface ExecutionRecord {
  readonly id: string
  readonly job: string
  /** The expression as written; null for runs by hand and from code. */
  readonly schedule: string | null
  readonly scheduledFor: string
  readonly tenant: string | null
  readonly trigger: Trigger
  readonly status: JobStatus
  readonly attempt: number
  readonly maxAttempts: number
  readonly recoveries: number
  readonly priority: number
  /** Secrets are redacted. */
  readonly args: JsonValue
  readonly owner: string | null
  readonly queuedAt: string
  /** Not to be started before: jitter, or the delay of a retry. */
  readonly availableAt: string
  /** When the newest attempt started. */
  readonly startedAt: string | null
  readonly completedAt: string | null
  /** From the start of the last attempt to its end. */
  readonly durationMs: number | null
  readonly error: ErrorRecord | null
  readonly skipReason: string | null
  /** How many fires this skip stands for; 0 where it is not a skip. */
  readonly skipCount: number
  /** The last fire that this skip counts. */
  readonly skippedUntil: string | null
  /** When cancellation was requested, while it was running. */
  readonly cancelRequestedAt: string | null
  readonly progress: { readonly percent: number; readonly message: string | null } | null
  readonly parentId: string | null
}

/** An execution as it is shown. `schedule`: its expression as written, where it has one. */
export function executionRecord(
  execution: Execution,
  schedule: string | undefined,
  redact: readonly string[],
): ExecutionRecord {
  const { startedAt, finishedAt, status } = execution
  const isRun = startedAt !== null && finishedAt !== null && status !== 'SKIPPED'
  return {
    id: execution.id,
    job: execution.job,
    schedule: schedule ?? null,
    scheduledFor: iso(execution.scheduledFor),
    tenant: execution.tenant === '' ? null : execution.tenant,
    trigger: execution.trigger,
    status,
    attempt: execution.attempt,
    maxAttempts: execution.maxAttempts,
    recoveries: execution.recoveries,
    priority: execution.priority,
    args: redacted(execution.args, redact),
    owner: execution.owner === '' ? null : execution.owner,
    queuedAt: iso(execution.queuedAt),
    availableAt: iso(execution.availableAt),
    startedAt: isoOrNull(startedAt),
    completedAt: isoOrNull(finishedAt),
    durationMs: isRun ? finishedAt - startedAt : null,
    error: shownError(execution.error),
    skipReason: textOrNull(execution.skipReason),
    skipCount: execution.skipCount,
    skippedUntil: isoOrNull(execution.skippedUntil),
    cancelRequestedAt: isoOrNull(execution.cancelRequestedAt),
    progress: shownProgress(execution.progress),
    parentId: execution.parentId,
  }
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time))

/**
 * Texts are redacted before they are stored. They are redacted again when they are shown: rows that an earlier version
 * wrote may still hold secrets.
 */
const textOrNull = (text: string | null): string | null => (text === null ? null : redactText(text))

/** An error as it is shown. */
export function shownError(error: ErrorRecord | null): ErrorRecord | null {
  return error === null ? null : { ...error, message: redactText(error.message), stack: textOrNull(error.stack) }
}

/** A line of its log as it is shown. */
export function shownLine(line: LogLine, redact: readonly string[]): LogLine {
  const { message, data } = line
  return { ...line, message: redactText(message), data: data === null ? null : redactedFields(data, redact) }
}

function shownProgress(progress: Execution['progress']): Execution['progress'] {
  return progress === null ? null : { ...progress, message: textOrNull(progress.message) }
}

/** Codes: EXECUTION_NOT_FOUND, EXECUTION_AMBIGUOUS. */
class ExecutionNotFoundError extends JobsError {}

/** How many of an id's last digits tables show: those are random, while ids of one tick begin alike. */
const SHORT = 8
const LONGER = 12

/** The ends of ids that tables show, as short as they are unique in the table; `findExecution` takes them. */
export function shortIds(ids: readonly string[]): string[] {
  const ends = new Map<string, number>()
  for (const id of ids) ends.set(id.slice(-SHORT), (ends.get(id.slice(-SHORT)) ?? 0) + 1)
  return ids.map((id) => (ends.get(id.slice(-SHORT)) === 1 ? id.slice(-SHORT) : id.slice(-LONGER)))
}

/** A part of an id: its beginning or its end. */
export const ID_PART = /^[0-9a-f-]{1,36}$/
/** Candidates that an ambiguous id names in its hint. */
const SHOWN = 3

/**
 * The execution of that id, or the only one whose id begins or ends so. `store` is null where there is none yet.
 * `timezone`: the zone of the times in messages. Throws ExecutionNotFoundError that says what was found instead.
 */
export async function findExecution(store: Store | null, given: string, timezone = 'UTC'): Promise<Execution> {
  const id = given.trim().toLowerCase()
  if (!ID_PART.test(id))
    throw notFound(given, 'use an id, which has hexadecimal digits and dashes only; see "webstir job-history"')
  const exact = await store?.execution(id)
  if (exact != null) return exact
  const limit = SHOWN + 1
  const begun = (await store?.executions({ idPrefix: id, limit })) ?? []
  const ended = (await store?.executions({ idSuffix: id, limit })) ?? []
  const found = [...begun, ...ended.filter((one) => begun.every((other) => other.id !== one.id))]
  const [first] = found
  if (first === undefined) throw notFound(given, 'see "webstir job-history" for the executions that are kept')
  if (found.length === 1) return first
  const some = found.slice(0, SHOWN).map((one) => `${one.id} (${one.job}, ${clockText(one.scheduledFor, timezone)})`)
  throw new ExecutionNotFoundError(
    'EXECUTION_AMBIGUOUS',
    `several executions have ids that begin or end with "${given}"`,
    {
      hint: `give more of it: ${some.join(', ')}${found.length > SHOWN ? ', ...' : ''}`,
    },
  )
}

/**
 * The newest execution of a job, skipped fires aside where anything else is there; or the execution of an id as
 * `findExecution` knows it. `names`: those of the job of the manifest that is meant, its own first; empty where none is. A job that
 * is only in the history is found by its whole name. Throws ExecutionNotFoundError.
 */
export async function executionOf(
  store: Store | null,
  given: string,
  { names, timezone }: { readonly names: readonly string[]; readonly timezone: string },
): Promise<Execution> {
  const jobs = names.length === 0 ? [given.trim()] : names
  const statuses = JOB_STATUSES.filter((status) => status !== 'SKIPPED')
  const [ran] = (await store?.executions({ jobs, statuses, limit: 1 })) ?? []
  const [newest] = ran === undefined ? ((await store?.executions({ jobs, limit: 1 })) ?? []) : [ran]
  if (newest !== undefined) return newest
  const [job] = names
  if (job === undefined) return findExecution(store, given, timezone)
  throw new ExecutionNotFoundError('EXECUTION_NOT_FOUND', `"${job}" has not run yet`, {
    hint: `run it: webstir run-job ${job}`,
  })
}

function notFound(given: string, hint: string): ExecutionNotFoundError {
  return new ExecutionNotFoundError('EXECUTION_NOT_FOUND', `there is no execution "${given}"`, { hint })
}

/** How often the store is asked for more, in ms. */
const POLL = 300

/**
 * The lines of an execution's log as they are written, until it is final; returns how it ended, or null where it was
 * pruned meanwhile. The outcome is written after the last line, so what is read after it is complete.
 */
export async function* followLog(
  store: Store,
  id: string,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<LogLine, Execution | null, undefined> {
  let from = 0
  for (;;) {
    const execution = await store.execution(id)
    const lines = await store.logLines(id, from)
    yield* lines
    from += lines.length
    if (execution === null || isFinal(execution.status) || signal?.aborted) return execution
    await sleep(clock, POLL, signal)
  }
}
