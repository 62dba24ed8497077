import type { Execution } from './execution.ts'
import type { Lingering } from './tables.ts'

/** Whether an execution keeps others of its job waiting: it runs, minds the lock, and gave a sign of life. */
export function holdsLock(execution: Execution, staleBefore: number): boolean {
  return execution.status === 'RUNNING' && execution.lock === 'exclusive' && (execution.heartbeatAt ?? 0) >= staleBefore
}

/** A lingering lock holds as long as the process in which the code still runs gives signs of life. */
export function lingers(lock: Lingering, staleBefore: number): boolean {
  return lock.heartbeatAt >= staleBefore
}

/** The order in which executions of one job and tenant run. */
export function inOrder(a: Execution, b: Execution): number {
  return a.scheduledFor - b.scheduledFor || a.queuedAt - b.queuedAt || (a.id < b.id ? -1 : 1)
}
