import type { Execution } from './execution.ts'

/** What a lock is on: one job for one tenant ('' where there is none). */
export interface LockKey {
  readonly job: string
  readonly tenant: string
}

/** Equal for equal pairs, and for no others: names hold no NUL. */
export const lockKeyText = (pair: LockKey): string => `${pair.job}\u0000${pair.tenant}`

/** Each pair once, in one fixed order: all who lock several rows take this order, so none waits in a circle. */
export function distinctPairs(items: Iterable<LockKey>): LockKey[] {
  const found = new Map<string, LockKey>()
  for (const { job, tenant } of items) found.set(lockKeyText({ job, tenant }), { job, tenant })
  return [...found].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, pair]) => pair)
}

export function byLockKey<Item extends LockKey>(items: Iterable<Item>): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = lockKeyText(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** Whether an execution keeps others of its job waiting: it runs, takes the lock, and its heartbeat is fresh. */
export function holdsLock(execution: Execution, staleBefore: number): boolean {
  return execution.status === 'RUNNING' && execution.lock === 'exclusive' && (execution.heartbeatAt ?? 0) >= staleBefore
}

/** A retained lock holds as long as the process in which the code still runs sends heartbeats. */
export function isRetained(lock: RetainedLock, staleBefore: number): boolean {
  return lock.heartbeatAt >= staleBefore
}

/** The order in which executions of one job and tenant run. */
export function inOrder(a: Execution, b: Execution): number {
  return a.scheduledFor - b.scheduledFor || a.queuedAt - b.queuedAt || (a.id < b.id ? -1 : 1)
}

/** A lock that outlives its execution's outcome, because the code ignored its time-out. */
export interface RetainedLock extends LockKey {
  readonly executionId: string
  readonly owner: string
  /** Last heartbeat of its owner's node. */
  readonly heartbeatAt: number
}
