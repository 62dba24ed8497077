import type { Drain, Ending, Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import { byLockKey, distinctPairs, holdsLock, inOrder, isRetained, type LockKey, lockKeyText } from '../locks.ts'
import { positionOf } from '../queue-position.ts'
import type { DequeueResult, Store } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { decideAfter, dependenciesOf } from './dependencies.ts'
import { end } from './endings.ts'
import { isDrained } from './pauses.ts'
import { skipped, withEnding } from './transitions.ts'

type Request = Parameters<Store['dequeue']>[0]
/** `drains`: of what nothing may start. */
type DrainedRequest = Request & { readonly drains?: readonly Drain[] }

/** Rows of a page beyond those asked for: some can't start, and a further page is a further way. */
const SPARE = 8

/** Queued executions that may run now become running and owned by the node, best first. */
export function* dequeue(tables: Tables, request: Request): Script<DequeueResult> {
  const taken: Execution[] = []
  const skips: Execution[] = []
  const { now, staleBefore, limit } = request
  if (request.id !== undefined) {
    const wanted = (yield* tables.byIds([request.id])).filter(({ status }) => status === 'QUEUED')
    yield* takeFrom(tables, request, wanted, [], { taken, skips })
    return { taken, skipped: skips }
  }
  // Behind a head without a heartbeat, others may run before it is recovered.
  const { queues: filled, dead, drains } = yield* tables.prepareDequeue(now, staleBefore, limit)
  const own = drains.length === 0 ? request : withoutDrained(request, filled, drains)
  if (dead.length > 0) yield* takeFrom(tables, own, [], dead, { taken, skips })
  const { jobs, queues = filled } = own
  if (queues.length === 0 || jobs?.length === 0) return { taken, skipped: skips }
  const page = { queues, now, limit: limit + SPARE, ...(jobs === undefined ? {} : { jobs }) }
  for (let last: Execution | undefined; taken.length < limit; ) {
    const rows = yield* tables.queuePage({ ...page, after: last === undefined ? null : positionOf(last) })
    yield* takeFrom(tables, own, rows, [], { taken, skips })
    last = rows.at(-1)
    if (rows.length < page.limit) break
  }
  return { taken, skipped: skips }
}

/** The request without the queues and jobs of which nothing may start. */
function withoutDrained(request: Request, filled: readonly string[], drains: readonly Drain[]): DrainedRequest {
  const { queues = filled, jobs } = request
  return {
    ...request,
    drains,
    queues: queues.filter(
      (queue) => !drains.some(({ scope, job }) => scope === 'all' || (scope === 'queue' && job === queue)),
    ),
    ...(jobs === undefined
      ? {}
      : { jobs: jobs.filter((name) => !drains.some(({ scope, job }) => scope === 'job' && job === name)) }),
  }
}

/** Starts what may of these rows and lines; `rows` are QUEUED, those that bypass the lock are checked no further. */
function* takeFrom(
  tables: Tables,
  request: DrainedRequest,
  rows: readonly Execution[],
  lines: readonly LockKey[],
  { taken, skips }: { taken: Execution[]; skips: Execution[] },
): Script<void> {
  const { now } = request
  const room = request.limit - taken.length
  if (rows.length + lines.length === 0 || room <= 0) return
  const bypassing = rows.filter(
    (one) => one.lock === 'bypass' && one.availableAt <= now && !isDrained(request.drains ?? [], one),
  )
  const pairs = distinctPairs([...rows.filter(({ lock }) => lock === 'exclusive'), ...lines])
  const candidates = [...bypassing, ...(yield* firstInLine(tables, request, pairs))]
  const dependencies = yield* dependenciesOf(tables, candidates)
  const starting: Execution[] = []
  const endings: Ending[] = []
  for (const one of candidates) {
    const after = decideAfter(one, dependencies)
    if (after.kind === 'skip') {
      const ending = skipped(one, 'after', after.reason, now)
      endings.push(ending)
      skips.push(withEnding(one, ending))
    } else if (after.kind === 'go') starting.push(one)
  }
  if (endings.length > 0) yield* end(tables, endings, 'QUEUED', now)
  starting.sort((a, b) => b.priority - a.priority || inOrder(a, b))
  const chosen = starting.slice(0, room)
  if (chosen.length === 0) return
  const starts = chosen.map(({ id, attempt, queuedAt }) => ({ id, attempt: attempt + 1, queuedAt }))
  const started = yield* tables.start(starts, request.node, now)
  const keyed = chosen.filter(({ id, key }) => key !== undefined && started.has(id))
  yield* tables.freeKeys(
    keyed.map(({ id }) => id),
    now,
    'start',
  )
  for (const one of chosen) if (started.has(one.id)) taken.push(asStarted(one, request))
}

/** The first of each line that nothing holds: within a job and tenant the order is that of the instants. */
function* firstInLine(tables: Tables, request: DrainedRequest, pairs: readonly LockKey[]): Script<Execution[]> {
  if (pairs.length === 0) return []
  const { now, staleBefore, id } = request
  const free = yield* tables.lockPairs(pairs, id !== undefined)
  const found = id === undefined ? yield* tables.nextOf(free, now) : yield* tables.openOf(free)
  const locks = (yield* tables.retained()).filter((lock) => isRetained(lock, staleBefore))
  const retained = new Set(locks.map(lockKeyText))
  const first: Execution[] = []
  for (const [key, line] of byLockKey(found)) {
    if (retained.has(key) || line.some((other) => holdsLock(other, staleBefore))) continue
    const due = line
      .filter((one) => one.status === 'QUEUED' && one.lock === 'exclusive' && one.availableAt <= now)
      .filter((one) => id === undefined || one.id === id)
    const [next] = due.sort(inOrder)
    if (next !== undefined && isServed(next, request)) first.push(next)
  }
  return first
}

/** A line may be led by what another node has to run. */
function isServed(one: Execution, { queues, jobs, drains = [] }: DrainedRequest): boolean {
  const { queue, job } = one
  if (isDrained(drains, one)) return false
  return (queues === undefined || queues.includes(queue)) && (jobs === undefined || jobs.includes(job))
}

function asStarted(one: Execution, { node, now }: Request): Execution {
  return { ...one, status: 'RUNNING', attempt: one.attempt + 1, owner: node, heartbeatAt: now, startedAt: now }
}
