import { uuidv7 } from '../../support/uuid.ts'
import type { Execution, Fire } from '../execution.ts'

/** The row of a fire that waits to be taken. */
export function queuedRow(fire: Fire, now: number): Execution {
  return row(fire, now, 'QUEUED', '')
}

/** The row of a fire that starts at once. */
export function runningRow(fire: Fire, node: string, now: number): Execution {
  return row(fire, now, 'RUNNING', node)
}

/** Made in one go, not as a copy of another: a tick makes hundreds. */
function row(fire: Fire, now: number, status: 'QUEUED' | 'RUNNING', owner: string): Execution {
  const startedAt = status === 'RUNNING' ? now : null
  return {
    id: uuidv7(now),
    job: fire.job,
    scheduleKey: fire.scheduleKey,
    scheduledFor: fire.scheduledFor,
    tenant: fire.tenant,
    trigger: fire.trigger,
    status,
    attempt: status === 'RUNNING' ? 1 : 0,
    maxAttempts: fire.maxAttempts,
    priority: fire.priority,
    args: fire.args,
    owner,
    heartbeatAt: startedAt,
    queuedAt: now,
    availableAt: fire.availableAt,
    startedAt,
    finishedAt: null,
    error: null,
    skipReason: null,
    skipCount: 0,
    skippedUntil: null,
    recoveries: 0,
    recoverLimit: fire.recoverLimit,
    cancelRequestedAt: null,
    parentId: fire.parentId ?? null,
    after: fire.after,
    lock: fire.overlap === 'allow' ? 'bypass' : 'exclusive',
    progress: null,
  }
}

/** The row of a fire that doesn't run. */
export function skippedRow(fire: Fire, reason: string, now: number): Execution {
  return {
    ...queuedRow(fire, now),
    status: 'SKIPPED',
    finishedAt: now,
    skipReason: reason,
    skipCount: fire.count,
    skippedUntil: fire.scheduledFor,
  }
}
