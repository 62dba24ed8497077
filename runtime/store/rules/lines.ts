import type { NewExecution, Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import { byLockKey, holdsLock, lockKeyText } from '../locks.ts'
import type { Script } from '../transaction-script.ts'

interface Draft {
  readonly execution: Execution
  waits: 0 | 1 | 2
  followed: boolean
}

/**
 * Says of new executions whether they wait behind others of their line (docs/adr/0007-store-layout.md), given in the
 * order of their instants; `open`: what is in the lines already. Those before them are marked as followed.
 */
export function* standInLine(
  tables: Tables,
  executions: readonly Execution[],
  open: readonly Execution[],
  at: { now: number; staleBefore: number },
): Script<NewExecution[]> {
  const before = byLockKey(open.filter((one) => isBefore(one, at)))
  const heads = new Map<string, Draft>()
  /** First of the new ones in lines that have others before them. */
  const behind = new Map<string, Draft>()
  const drafts = executions.map((execution): Draft => {
    const draft: Draft = { execution, waits: execution.availableAt > at.now ? 2 : 0, followed: false }
    if (execution.status === 'RUNNING' || draft.waits === 2 || execution.lock === 'bypass') {
      if (execution.status === 'RUNNING') draft.waits = 0
      if (execution.status === 'RUNNING' && execution.lock !== 'bypass') heads.set(lockKeyText(execution), draft)
      return draft
    }
    const key = lockKeyText(execution)
    const head = heads.get(key)
    if (head !== undefined) {
      draft.waits = 1
      head.followed = true
    } else {
      heads.set(key, draft)
      if (before.has(key)) behind.set(key, draft)
    }
    return draft
  })
  if (behind.size === 0) return drafts
  const wanted = [...behind.keys()].flatMap((key) => before.get(key)?.map(({ id }) => id) ?? [])
  const found = yield* tables.follow(wanted.sort(), at.now)
  for (const [key, draft] of behind) {
    // What was there may have ended by now; then this one may be next.
    if (before.get(key)?.some(({ id }) => found.has(id))) draft.waits = 1
  }
  return drafts
}

/** Whether others of its line wait for it. */
function isBefore(one: Execution, at: { now: number; staleBefore: number }): boolean {
  if (one.lock === 'bypass') return false
  return one.status === 'QUEUED' ? one.availableAt <= at.now : holdsLock(one, at.staleBefore)
}
