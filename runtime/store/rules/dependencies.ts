import type { Dependency, Tables } from '../driver.ts'
import type { Fire } from '../execution.ts'
import type { LockKey } from '../locks.ts'
import type { Script } from '../transaction-script.ts'

/** What becomes of something that waits for other jobs of the same instant. */
export type AfterVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly job: string }
  | { readonly kind: 'skip'; readonly reason: string }

type Waiting = LockKey & Pick<Fire, 'after' | 'awaits' | 'scheduledFor'>

/** The fires that these wait for, as far as there are any. */
export function* dependenciesOf(tables: Tables, waiting: Iterable<Waiting>): Script<Dependency[]> {
  const wanted = new Map<string, { job: string; scheduledFor: number; tenant: string }>()
  for (const { after, awaits = [], scheduledFor, tenant } of waiting) {
    for (const fire of awaits) wanted.set(`${fire.scheduledFor} ${fire.job}`, { ...fire, tenant: '' })
    for (const job of after) {
      wanted.set(`${scheduledFor} ${job}`, { job, scheduledFor, tenant: '' })
      if (tenant !== '') wanted.set(`${scheduledFor} ${job}\u0000${tenant}`, { job, scheduledFor, tenant })
    }
  }
  if (wanted.size === 0) return []
  const all = [...wanted.values()]
  const ofTenants = all.filter(({ tenant }) => tenant !== '')
  return [
    ...(yield* tables.dependencies(all.filter(({ tenant }) => tenant === ''))),
    ...(ofTenants.length === 0 ? [] : yield* tables.tenantDependencies(ofTenants)),
  ]
}

/**
 * `after`: every fire of the named jobs at the same instant (or for the same local time, where nodes' time-zone data
 * differ about its instant) must have succeeded. One that didn't skips this one, one
 * that is still open keeps it waiting, none at all is nothing to wait for. A job of many tenants is waited for as a
 * whole (its row without a tenant), unless the waiting one belongs to the same tenant.
 */
export function decideAfter(waiting: Waiting, dependencies: readonly Dependency[]): AfterVerdict {
  const mine = dependencies.filter(
    (other) =>
      waiting.after.includes(other.job) &&
      (other.tenant === '' || other.tenant === waiting.tenant) &&
      (isOf(other, waiting.scheduledFor) ||
        waiting.awaits?.some(({ job, scheduledFor }) => job === other.job && isOf(other, scheduledFor))),
  )
  const failed = mine.find((other) => other.status !== 'SUCCESS' && !isOpen(other))
  if (failed !== undefined) {
    const which = isOf(failed, waiting.scheduledFor) ? 'at the same instant' : 'for the same local time'
    return { kind: 'skip', reason: `after: the fire of ${failed.job} ${which} ended as ${failed.status}` }
  }
  const open = mine.find(isOpen)
  return open === undefined ? { kind: 'go' } : { kind: 'wait', job: open.job }
}

/** Whether it is the fire of an instant, or a row of skips around it. */
const isOf = (other: Dependency, instant: number): boolean => other.scheduledFor <= instant && instant <= other.until

const isOpen = ({ status }: Dependency): boolean => status === 'QUEUED' || status === 'RUNNING'
