import type { Job } from '../manifest/types.ts'
import type { JsonValue } from '../support/json.ts'
import type { Fire } from './execution.ts'

/** What differs from fire to fire; what is left out is as a plain fire of the loop has it. */
export interface FireDetails {
  readonly scheduleKey: string
  readonly scheduledFor: number
  readonly args: readonly JsonValue[]
  /** Default: `schedule`. */
  readonly trigger?: Fire['trigger']
  /** Default: its own instant. */
  readonly availableAt?: number
  /** Default: the job's. */
  readonly after?: readonly string[]
  /** Default: none. */
  readonly nominal?: Fire['nominal']
  /** Default: it runs. */
  readonly skip?: Fire['skip']
  /** Default: 1. */
  readonly count?: number
  /** Default: none. */
  readonly tenant?: string
  readonly parentId?: string
}

/** A fire of a job, with the policies that the store needs to claim it. Made in one go: a tick makes hundreds. */
export function newFire(job: Job, details: FireDetails): Fire {
  const { scheduleKey, scheduledFor, args, parentId } = details
  return {
    job: job.name,
    scheduleKey,
    scheduledFor,
    tenant: details.tenant ?? '',
    trigger: details.trigger ?? 'schedule',
    priority: job.priority,
    args,
    maxAttempts: job.retry.attempts,
    recoverLimit: job.recover,
    overlap: job.overlap,
    availableAt: details.availableAt ?? scheduledFor,
    after: details.after ?? job.after,
    nominal: details.nominal ?? null,
    skip: details.skip ?? null,
    count: details.count ?? 1,
    queue: job.queue,
    ...(parentId === undefined ? {} : { parentId }),
  }
}
