import type { Dependency } from '../driver.ts'
import type { Fire } from '../execution.ts'
import type { LockKey } from '../locks.ts'

/** What becomes of something that waits for other jobs of the same instant. */
export type AfterVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly job: string }
  | { readonly kind: 'skip'; readonly reason: string }

type Waiting = LockKey & Pick<Fire, 'after' | 'scheduledFor'>

/** Which jobs at which instants have to be looked up for these. */
export function wantedDependencies(waiting: Iterable<Waiting>): { job: string; scheduledFor: number }[] {
  const wanted = new Map<string, { job: string; scheduledFor: number }>()
  for (const { after, scheduledFor } of waiting) {
    for (const job of after) wanted.set(`${scheduledFor} ${job}`, { job, scheduledFor })
  }
  return [...wanted.values()]
}

/**
 * `after`: every fire of the named jobs at the same instant must have succeeded. One that didn't skips this one, one
 * that is still open keeps it waiting, none at all is nothing to wait for. A job of many tenants is waited for as a
 * whole (its row without a tenant), unless the waiting one belongs to the same tenant.
 */
export function decideAfter(waiting: Waiting, dependencies: readonly Dependency[]): AfterVerdict {
  const mine = dependencies.filter(
    (other) =>
      waiting.after.includes(other.job) &&
      (other.tenant === '' || other.tenant === waiting.tenant) &&
      other.scheduledFor <= waiting.scheduledFor &&
      waiting.scheduledFor <= other.until,
  )
  const failed = mine.find((other) => other.status !== 'SUCCESS' && !isOpen(other))
  if (failed !== undefined) {
    return { kind: 'skip', reason: `after: the fire of ${failed.job} at the same instant ended as ${failed.status}` }
  }
  const open = mine.find(isOpen)
  return open === undefined ? { kind: 'go' } : { kind: 'wait', job: open.job }
}

const isOpen = ({ status }: Dependency): boolean => status === 'QUEUED' || status === 'RUNNING'
