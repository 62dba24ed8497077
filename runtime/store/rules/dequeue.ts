import type { Ending, Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import { byLockKey, distinctPairs, holdsLock, inOrder, isRetained, lockKeyText } from '../locks.ts'
import type { DequeueResult, Store } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { decideAfter, wantedDependencies } from './dependencies.ts'
import { skipped, withEnding } from './transitions.ts'

/** Queued executions that may run now become running and owned by the node, best first. */
export function* dequeue(tables: Tables, request: Parameters<Store['dequeue']>[0]): Script<DequeueResult> {
  const taken: Execution[] = []
  const skips: Execution[] = []
  if (request.id !== undefined) {
    const wanted = (yield* tables.byIds([request.id])).filter(({ status }) => status === 'QUEUED')
    yield* takeFrom(tables, request, distinctPairs(wanted), taken, skips)
    return { taken, skipped: skips }
  }
  const page = request.limit * 2 + 16
  for (let offset = 0; taken.length < request.limit; offset += page) {
    const pairs = yield* tables.duePairs(request.now, request.staleBefore, page, offset)
    yield* takeFrom(tables, request, distinctInOrder(pairs), taken, skips)
    if (pairs.length < page) break
  }
  return { taken, skipped: skips }
}

function* takeFrom(
  tables: Tables,
  request: Parameters<Store['dequeue']>[0],
  pairs: readonly { job: string; tenant: string }[],
  taken: Execution[],
  skips: Execution[],
): Script<void> {
  if (pairs.length === 0) return
  const { now, staleBefore } = request
  const free = yield* tables.lockPairs(pairs, request.id !== undefined)
  // A line may be long; only who stands first in it matters, unless one is asked for by its id.
  const found = request.id === undefined ? tables.nextOf(free, now, request.limit) : tables.openOf(free)
  const open = byLockKey(yield* found)
  const retained = new Set(
    (yield* tables.retained()).filter((lock) => isRetained(lock, staleBefore)).map((lock) => lockKeyText(lock)),
  )
  const candidates: Execution[] = []
  for (const executions of open.values()) {
    const first = executions[0]
    const isHeld =
      first === undefined ||
      retained.has(lockKeyText(first)) ||
      executions.some((other) => holdsLock(other, staleBefore))
    const due = executions.filter(
      (one) => one.status === 'QUEUED' && one.availableAt <= now && (request.id === undefined || one.id === request.id),
    )
    candidates.push(...due.filter(({ lock }) => lock === 'bypass' || !isHeld))
  }
  const waitsFor = wantedDependencies(candidates)
  const dependencies = waitsFor.length === 0 ? [] : yield* tables.dependencies(waitsFor)
  candidates.sort((a, b) => b.priority - a.priority || inOrder(a, b))
  const starting: Execution[] = []
  const endings: Ending[] = []
  const busy = new Set<string>()
  for (const [key, line] of byLockKey([...candidates].sort(inOrder))) {
    // Within one job and tenant the order is that of the instants, whatever the priorities.
    for (const one of line) {
      const after = decideAfter(one, dependencies)
      if (after.kind === 'skip') {
        const ending = skipped(one, 'after', after.reason, now)
        endings.push(ending)
        skips.push(withEnding(one, ending))
      } else if (one.lock === 'bypass') {
        if (after.kind === 'go') starting.push(one)
      } else if (!busy.has(key)) {
        busy.add(key)
        if (after.kind === 'go') starting.push(one)
      }
    }
  }
  if (endings.length > 0) yield* tables.end(endings, 'QUEUED')
  starting.sort((a, b) => b.priority - a.priority || inOrder(a, b))
  const chosen = starting.slice(0, request.limit - taken.length)
  if (chosen.length === 0) return
  const started = yield* tables.start(
    chosen.map(({ id, attempt }) => ({ id, attempt: attempt + 1 })),
    request.node,
    now,
  )
  const running = chosen
    .filter(({ id }) => started.has(id))
    .map(
      (one): Execution => ({
        ...one,
        status: 'RUNNING',
        attempt: one.attempt + 1,
        owner: request.node,
        heartbeatAt: now,
        startedAt: now,
      }),
    )
  taken.push(...running)
}

function distinctInOrder<Item extends { job: string; tenant: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [lockKeyText(item), item])).values()]
}
