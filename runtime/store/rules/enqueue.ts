import type { Tables } from '../driver.ts'
import type { Enqueued, EnqueueRequest } from '../enqueue-request.ts'
import type { Execution } from '../execution.ts'
import { byLockKey, distinctPairs, holdsLock, lockKeyText } from '../locks.ts'
import type { Script } from '../transaction-script.ts'
import { standInLine } from './lines.ts'
import { enqueuedRow } from './new-execution.ts'

/**
 * Puts work into the queue. What passes the lock by needs no look at anything, so enqueuers of one job don't wait for
 * each other.
 */
export function* enqueue(tables: Tables, requests: readonly EnqueueRequest[]): Script<Enqueued[]> {
  const now = Math.max(...requests.map((request) => request.now))
  const staleBefore = Math.min(...requests.map((request) => request.staleBefore))
  const pairs = distinctPairs(requests.filter(({ lock }) => lock === 'exclusive'))
  yield* tables.lockPairs(pairs, true)
  const open = yield* tables.nextOf(pairs, now)
  const lines = byLockKey(open)
  const rows: Execution[] = []
  const enqueued = requests.map((request): Enqueued => {
    const busy = request.skipsIfBusy ? inTheWay(lines.get(lockKeyText(request)) ?? [], request) : undefined
    if (busy !== undefined) return { id: busy.id, enqueued: false }
    const execution = enqueuedRow(request)
    rows.push(execution)
    if (request.lock === 'exclusive') {
      const key = lockKeyText(request)
      lines.set(key, [...(lines.get(key) ?? []), execution])
    }
    return { id: execution.id, enqueued: true }
  })
  rows.sort((a, b) => a.scheduledFor - b.scheduledFor)
  yield* tables.insert(yield* standInLine(tables, rows, open, { now, staleBefore }))
  return enqueued
}

/** What runs of its line, or else waits for nothing but its turn. */
function inTheWay(line: readonly Execution[], { now, staleBefore }: EnqueueRequest): Execution | undefined {
  const running = line.find((one) => one.lock === 'exclusive' && holdsLock(one, staleBefore))
  return running ?? line.find((one) => one.status === 'QUEUED' && one.lock === 'exclusive' && one.availableAt <= now)
}
