import type { EnqueueRequest } from '../enqueue-request.ts'
import type { Execution, Fire } from '../execution.ts'
import { executionId } from '../execution-id.ts'
import type { RunRequest } from '../store.ts'

/** The queue of executions that name none. */
export const DEFAULT_QUEUE = 'default'

/** The row of a fire that waits to be dequeued. */
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
    id: executionId(now),
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
    ...(fire.awaits === undefined ? {} : { awaits: fire.awaits }),
    lock: fire.overlap === 'allow' ? 'bypass' : 'exclusive',
    queue: fire.queue ?? DEFAULT_QUEUE,
    progress: null,
  }
}

/** The row of a fire that doesn't run; of a range of them, from the first to the last. */
export function skippedRow(fire: Fire, reason: string, now: number): Execution {
  const { scheduledFor, from = scheduledFor, count } = fire
  return { ...asSkipped(queuedRow(fire, now), reason, now, count), scheduledFor: from, skippedUntil: scheduledFor }
}

/** The row of a run by hand or from code. */
export function begunRow(request: RunRequest): Execution {
  const { job, tenant, scheduleKey, scheduledFor, args, priority, maxAttempts, recoverLimit, trigger, now } = request
  const fire = { job, tenant, scheduleKey, scheduledFor, args, priority, maxAttempts, recoverLimit, availableAt: now }
  const rest = { trigger: 'schedule', overlap: 'skip', after: [], skip: null, count: 1 } as const
  const running = runningRow({ ...fire, ...rest }, request.node, now)
  const { lock, parentId, queue = DEFAULT_QUEUE } = request
  return { ...running, trigger, lock, parentId, queue }
}

/** The row of an enqueued job. */
export function enqueuedRow(request: EnqueueRequest): Execution {
  const { job, tenant, args, priority, maxAttempts, recoverLimit, availableAt, now, queue } = request
  const fire = { job, tenant, args, priority, maxAttempts, recoverLimit, availableAt, scheduledFor: availableAt }
  const rest = { scheduleKey: '', trigger: 'schedule', overlap: 'skip', after: [], skip: null, count: 1 } as const
  const queued = queuedRow({ ...fire, ...rest, ...(queue === undefined ? {} : { queue }) }, now)
  return {
    ...queued,
    trigger: 'enqueue',
    lock: request.lock,
    ...(request.key === undefined ? {} : { key: request.key.key }),
    ...(request.overrides === undefined ? {} : { overrides: request.overrides }),
  }
}

/** An execution that its pre-check, or the rules of the claim, kept from running. */
export function asSkipped(execution: Execution, reason: string, now: number, count = 1): Execution {
  return {
    ...execution,
    status: 'SKIPPED',
    attempt: 0,
    owner: '',
    heartbeatAt: null,
    startedAt: null,
    finishedAt: now,
    skipReason: reason,
    skipCount: count,
    skippedUntil: execution.scheduledFor,
  }
}
