import type { JsonValue } from '../json.ts'
import { redacted } from '../redact.ts'
import type { ErrorRecord, Execution, JobStatus, Trigger } from '../store/execution.ts'

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
  /** How many fires this skip stands for; 0 where it is no skip. */
  readonly skipCount: number
  /** The last fire that this skip stands for. */
  readonly skippedUntil: string | null
  /** When somebody asked to cancel it while it was running. */
  readonly cancelRequestedAt: string | null
  readonly progress: { readonly percent: number; readonly message: string | null } | null
  readonly parentId: string | null
}

/** What is shown of an execution. `schedule`: its expression as written, where it has one. */
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
    error: execution.error,
    skipReason: execution.skipReason,
    skipCount: execution.skipCount,
    skippedUntil: isoOrNull(execution.skippedUntil),
    cancelRequestedAt: isoOrNull(execution.cancelRequestedAt),
    progress: execution.progress,
    parentId: execution.parentId,
  }
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time))
