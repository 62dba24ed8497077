import type { Ending } from '../driver.ts'
import type { Attempt, ErrorRecord, Execution, JobStatus, Outcome, SkipCause } from '../execution.ts'

/** Another end than the caller's, because a cancellation was requested of what would have been tried again. */
const CANCELLED: ErrorRecord = { code: 'CANCELLED', message: 'its cancellation was requested', stack: null }

/** What the outcome of an attempt makes of its execution. */
export function applyOutcome(execution: Execution, outcome: Outcome, at: number): Ending {
  switch (outcome.kind) {
    case 'success':
      return final(execution, 'SUCCESS', null, at)
    case 'failure':
      return final(execution, 'FAILURE', outcome.error, at)
    case 'cancelled':
      return final(execution, 'CANCELLED', outcome.error, at)
    case 'skipped':
      return skipped(execution, 'pre-check', outcome.reason, at)
    case 'retry':
      if (execution.cancelRequestedAt !== null) return final(execution, 'CANCELLED', outcome.error, at)
      return queued(execution, outcome.error, outcome.availableAt, execution.recoveries)
    case 'released':
      if (execution.cancelRequestedAt !== null || execution.recoveries >= execution.recoverLimit) {
        return final(execution, 'CANCELLED', outcome.error, at)
      }
      return queued(execution, outcome.error, at, execution.recoveries + 1)
  }
}

/** What the death of its process makes of an execution. */
export function applyProcessDeath(execution: Execution, error: ErrorRecord, now: number): Ending {
  if (execution.cancelRequestedAt !== null) return final(execution, 'CANCELLED', error, now)
  if (execution.recoveries >= execution.recoverLimit) return final(execution, 'STALE', error, now)
  return queued(execution, error, now, execution.recoveries + 1)
}

export function cancelledInQueue(execution: Execution, now: number, reason?: string): Ending {
  return final(execution, 'CANCELLED', reason === undefined ? CANCELLED : { ...CANCELLED, message: reason }, now)
}

export function skipped(execution: Execution, cause: SkipCause, reason: string, now: number): Ending {
  return {
    ...final(execution, 'SKIPPED', null, now),
    skip: { cause, reason: skipText(cause, reason), until: execution.scheduledFor },
  }
}

/** The attempt that just ended, for `job_attempt`. */
export function endedAttempt(execution: Execution, error: ErrorRecord | null, at: number): Attempt {
  return {
    executionId: execution.id,
    attempt: execution.attempt,
    owner: execution.owner,
    startedAt: execution.startedAt ?? at,
    finishedAt: at,
    error,
  }
}

/** `hasEnded`: its end was seen, not concluded from a missing heartbeat. */
export function processDied(
  owner: { host: string; pid: number } | undefined,
  execution: Execution,
  hasEnded: boolean,
): ErrorRecord {
  const who = owner === undefined ? execution.owner : `${owner.host}, pid ${owner.pid}`
  const since = execution.heartbeatAt === null ? 'it started' : instantText(execution.heartbeatAt)
  return {
    code: 'PROCESS_DIED',
    message: hasEnded
      ? `the process that ran it (${who}) has ended`
      : `the process that ran it (${who}) died or was stopped: no heartbeat since ${since}`,
    stack: null,
  }
}

/** The execution as it is once `ending` is written. */
export function withEnding(execution: Execution, ending: Ending): Execution {
  return {
    ...execution,
    status: ending.status,
    owner: ending.owner,
    availableAt: ending.availableAt,
    finishedAt: ending.finishedAt,
    error: ending.error,
    skipReason: ending.skip?.reason ?? null,
    skipCount: ending.skip === null ? 0 : 1,
    skippedUntil: ending.skip?.until ?? null,
    recoveries: ending.recoveries,
  }
}

function final(execution: Execution, status: JobStatus, error: ErrorRecord | null, at: number): Ending {
  return {
    id: execution.id,
    status,
    owner: execution.owner,
    availableAt: execution.availableAt,
    finishedAt: at,
    durationMs: execution.status === 'RUNNING' && execution.startedAt !== null ? at - execution.startedAt : null,
    error,
    skip: null,
    recoveries: execution.recoveries,
  }
}

function queued(execution: Execution, error: ErrorRecord, availableAt: number, recoveries: number): Ending {
  return {
    id: execution.id,
    status: 'QUEUED',
    owner: '',
    availableAt,
    finishedAt: null,
    durationMs: null,
    error,
    skip: null,
    recoveries,
  }
}

/** How a skip reason is stored: in words, beginning with its cause, once. */
export function skipText(cause: SkipCause, reason: string): string {
  if (reason === '' || reason === cause) return cause
  return reason.startsWith(`${cause}:`) ? reason : `${cause}: ${reason}`
}

/** An instant as people read it in a reason: ISO 8601 in UTC, without fractions of a second. */
export function instantText(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z')
}
