import { judgeAfter, wantedDependencies } from './after.ts'
import { inSlotOrder, planClaim, type Verdict } from './claim.ts'
import type { ClaimOutcome, Execution, Fire, SkipCause } from './execution.ts'
import { holdsLock, inOrder, lingers } from './lock.ts'
import { byPair, distinctPairs, pairKey } from './pair.ts'
import { cancelledInQueue, skipped, withEnding } from './settle.ts'
import { instantText, skipText } from './skip-text.ts'
import type { Steps } from './steps.ts'
import type { Store, TakeResult } from './store.ts'
import type { Ending, LastSkip, Tables } from './tables.ts'
import { uuidv7 } from './uuid.ts'

export type Tick = Parameters<Store['claim']>[0]

/** One tick in one transaction: read what bears on it, decide, write. */
export function* claim(tables: Tables, tick: Tick): Steps<ClaimOutcome[]> {
  const { fires, now } = tick
  const marks =
    tick.marks.length === 0 ? new Map<string, number>() : yield* tables.marks(tick.marks.map(({ key }) => key))
  yield* tables.moveMarks(tick.marks.filter(({ key, to }) => to > (marks.get(key) ?? Number.POSITIVE_INFINITY)))
  if (fires.length === 0) return []
  const pairs = distinctPairs(fires)
  yield* tables.lockPairs(pairs, true)
  const uncovered = fires.filter((fire) => !marks.has(fire.scheduleKey))
  const lastSkips = new Map<string, LastSkip>()
  if (uncovered.length > 0) yield* readLastSkips(tables, uncovered, lastSkips)
  const claimed = new Set(yield* claimedAmong(tables, fires))
  fires.forEach((fire, position) => {
    if (!marks.has(fire.scheduleKey) && isCounted(fire, lastSkips.get(pairKey(fire)))) claimed.add(position)
  })
  const waitsFor = wantedDependencies(fires)
  const histories = yield* tables.pauses(null)
  const plan = planClaim(
    fires,
    {
      marks,
      claimed,
      pauses: new Map(histories.map((history) => [history.job, history])),
      open: yield* tables.openOf(pairs),
      lingering: yield* tables.lingering(),
      dependencies: waitsFor.length === 0 ? [] : yield* tables.dependencies(waitsFor),
    },
    tick,
  )
  const skippedFires = fires.filter((_, position) => plan.verdicts[position]?.kind === 'skip')
  if (skippedFires.length > 0) yield* readLastSkips(tables, skippedFires, lastSkips)

  if (plan.replaced.size > 0 || plan.cancelled.size > 0) {
    const endings = [...plan.replaced].map(([execution, fire]) =>
      skipped(execution, 'replaced', `the fire of ${instantText(fire.scheduledFor)} took its place`, now),
    )
    for (const [execution, fire] of plan.cancelled) {
      const reason = `The fire of ${instantText(fire.scheduledFor)} took its place.`
      endings.push(cancelledInQueue(execution, now, reason))
    }
    yield* tables.end(endings, 'QUEUED')
  }
  if (plan.asked.length > 0) {
    yield* tables.requestCancel(
      plan.asked.map(({ id }) => id),
      now,
    )
  }
  return yield* record(tables, tick, plan.verdicts, lastSkips)
}

/** Positions of the fires that have a row. Most ticks are later than all there is, which one look tells. */
function* claimedAmong(tables: Tables, fires: readonly Fire[]): Steps<ReadonlySet<number>> {
  const newest = yield* tables.newestInstant()
  if (newest === null || fires.every(({ scheduledFor }) => scheduledFor > newest)) return new Set()
  return yield* tables.claimedAmong(fires)
}

/** Writes down what was decided, and says it in the order in which slots were given. */
function* record(
  tables: Tables,
  tick: Tick,
  verdicts: readonly Verdict[],
  lastSkips: Map<string, LastSkip>,
): Steps<ClaimOutcome[]> {
  const { fires, now } = tick
  const outcomes: (ClaimOutcome | undefined)[] = fires.map(() => undefined)
  const inserts: Execution[] = []
  const causes = new Map<string, SkipCause>()
  const more = new Map<string, { id: string; count: number; until: number; at: number }>()
  const byInstant = fires.map((_, position) => position)
  byInstant.sort((a, b) => (fires[a]?.scheduledFor ?? 0) - (fires[b]?.scheduledFor ?? 0) || a - b)
  for (const position of byInstant) {
    const fire = fires[position]
    const verdict = verdicts[position]
    if (fire === undefined || verdict === undefined) continue
    const key = pairKey(fire)
    if (verdict.kind === 'already-claimed') {
      outcomes[position] = { outcome: 'already-claimed', fire }
    } else if (verdict.kind === 'skip') {
      const reason = skipText(verdict.cause, verdict.reason)
      outcomes[position] = { outcome: 'skipped', fire, cause: verdict.cause, reason }
      const last = lastSkips.get(key)
      if (last?.isNewest && last.cause === verdict.cause) {
        const counted = more.get(last.id) ?? { id: last.id, count: 0, until: last.skippedUntil, at: now }
        const until = Math.max(counted.until, fire.scheduledFor)
        more.set(last.id, { ...counted, count: counted.count + fire.count, until })
      } else {
        const row = skippedRow(fire, reason, now)
        inserts.push(row)
        causes.set(row.id, verdict.cause)
        const { job, tenant, scheduledFor } = fire
        const { id } = row
        lastSkips.set(key, {
          job,
          tenant,
          id,
          cause: verdict.cause,
          scheduledFor,
          skippedUntil: scheduledFor,
          isNewest: true,
        })
      }
    } else {
      lastSkips.delete(key)
      const execution = verdict.kind === 'run' ? runningRow(fire, tick.node, now) : queuedRow(fire, now)
      inserts.push(execution)
      outcomes[position] =
        verdict.kind === 'run'
          ? { outcome: 'running', fire, execution }
          : { outcome: 'queued', fire, executionId: execution.id }
    }
  }
  yield* tables.insert(inserts, causes)
  if (more.size > 0) yield* tables.extendSkips([...more.values()])
  return inSlotOrder(fires).flatMap((position) => outcomes[position] ?? [])
}

/** Queued executions that may run now become running and owned by the node, best first. */
export function* take(tables: Tables, request: Parameters<Store['take']>[0]): Steps<TakeResult> {
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
  request: Parameters<Store['take']>[0],
  pairs: readonly { job: string; tenant: string }[],
  taken: Execution[],
  skips: Execution[],
): Steps<void> {
  if (pairs.length === 0) return
  const { now, staleBefore } = request
  const free = yield* tables.lockPairs(pairs, request.id !== undefined)
  const open = byPair(yield* tables.openOf(free))
  const lingering = new Set(
    (yield* tables.lingering()).filter((lock) => lingers(lock, staleBefore)).map((lock) => pairKey(lock)),
  )
  const candidates: Execution[] = []
  for (const executions of open.values()) {
    const first = executions[0]
    const isHeld =
      first === undefined || lingering.has(pairKey(first)) || executions.some((other) => holdsLock(other, staleBefore))
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
  for (const [key, line] of byPair([...candidates].sort(inOrder))) {
    // Within one job and tenant the order is that of the instants, whatever the priorities.
    for (const one of line) {
      const after = judgeAfter(one, dependencies)
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

function* readLastSkips(tables: Tables, fires: readonly Fire[], into: Map<string, LastSkip>): Steps<void> {
  const missing = distinctPairs(fires).filter((pair) => !into.has(pairKey(pair)))
  if (missing.length === 0) return
  for (const last of yield* tables.lastSkips(missing)) into.set(pairKey(last), last)
}

/** Whether a fire that no mark covers was counted into a row of skips before: only the first has a row of its own. */
function isCounted(fire: Fire, last: LastSkip | undefined): boolean {
  return last !== undefined && last.scheduledFor <= fire.scheduledFor && fire.scheduledFor <= last.skippedUntil
}

function distinctInOrder<Item extends { job: string; tenant: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [pairKey(item), item])).values()]
}

function queuedRow(fire: Fire, now: number): Execution {
  return {
    id: uuidv7(now),
    job: fire.job,
    scheduleKey: fire.scheduleKey,
    scheduledFor: fire.scheduledFor,
    tenant: fire.tenant,
    trigger: fire.trigger,
    status: 'QUEUED',
    attempt: 0,
    maxAttempts: fire.maxAttempts,
    priority: fire.priority,
    args: fire.args,
    owner: '',
    heartbeatAt: null,
    queuedAt: now,
    availableAt: fire.availableAt,
    startedAt: null,
    finishedAt: null,
    error: null,
    skipReason: null,
    skipCount: 0,
    skippedUntil: null,
    recoveries: 0,
    recoverLimit: fire.recoverLimit,
    cancelRequestedAt: null,
    parentId: fire.parentId ?? null,
    after: fire.after,
    lock: fire.overlap === 'allow' ? 'bypass' : 'exclusive',
    progress: null,
  }
}

function runningRow(fire: Fire, node: string, now: number): Execution {
  return { ...queuedRow(fire, now), status: 'RUNNING', attempt: 1, owner: node, heartbeatAt: now, startedAt: now }
}

function skippedRow(fire: Fire, reason: string, now: number): Execution {
  return {
    ...queuedRow(fire, now),
    status: 'SKIPPED',
    finishedAt: now,
    skipReason: reason,
    skipCount: fire.count,
    skippedUntil: fire.scheduledFor,
  }
}
