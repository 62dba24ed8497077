import type { NewExecution, Tables } from '../driver.ts'
import type { Enqueued, EnqueueRequest } from '../enqueue-request.ts'
import type { Execution } from '../execution.ts'
import { byLockKey, distinctPairs, holdsLock, lockKeyText } from '../locks.ts'
import type { Script } from '../transaction-script.ts'
import { claimKey } from './keys.ts'
import { standInLine } from './lines.ts'
import { enqueuedRow } from './new-execution.ts'

/**
 * Puts work into the queue. What bypasses the lock reads nothing first, so enqueuers of one job don't wait for
 * each other. In the caller's transaction (`isCallers`), which may stay open for long, nothing is locked that those who claim
 * or run anything wait for: what is enqueued then stands beside its line, and a dequeue looks.
 */
export function* enqueue(tables: Tables, requests: readonly EnqueueRequest[], isCallers = false): Script<Enqueued[]> {
  const now = Math.max(...requests.map((request) => request.now))
  const staleBefore = Math.min(...requests.map((request) => request.staleBefore))
  const pairs = distinctPairs(requests.filter(({ lock }) => lock === 'exclusive'))
  if (!isCallers) yield* tables.lockPairs(pairs, true)
  const open = yield* tables.nextOf(pairs, now)
  const lines = byLockKey(open)
  /** New ones, by id. */
  const rows = new Map<string, Execution>()
  const enqueued: Enqueued[] = []
  for (const request of requests) {
    const line = lines.get(lockKeyText(request)) ?? []
    const busy = request.skipsIfBusy ? inTheWay(line, request) : undefined
    const execution = enqueuedRow(request)
    const holder = busy?.id ?? (yield* claimKey(tables, request, execution.id, rows))
    if (holder !== null) {
      enqueued.push({ id: holder, enqueued: false })
      continue
    }
    rows.set(execution.id, execution)
    if (request.lock === 'exclusive') lines.set(lockKeyText(request), [...line, execution])
    enqueued.push({ id: execution.id, enqueued: true })
  }
  const inOrder = [...rows.values()].sort((a, b) => a.scheduledFor - b.scheduledFor)
  yield* tables.insert(
    isCallers
      ? inOrder.map((one) => besideLine(one, now))
      : yield* standInLine(tables, inOrder, open, { now, staleBefore }),
  )
  return enqueued
}

const besideLine = (execution: Execution, now: number): NewExecution => ({
  execution,
  waits: execution.availableAt > now ? 2 : 0,
  followed: false,
})

/** What runs of its line, or else waits for nothing but its turn. */
function inTheWay(line: readonly Execution[], { now, staleBefore }: EnqueueRequest): Execution | undefined {
  const running = line.find((one) => one.lock === 'exclusive' && holdsLock(one, staleBefore))
  return running ?? line.find((one) => one.status === 'QUEUED' && one.lock === 'exclusive' && one.availableAt <= now)
}
