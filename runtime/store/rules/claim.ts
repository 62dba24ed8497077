import type { LastSkip, Tables } from '../driver.ts'
import type { ClaimOutcome, Execution, Fire, SkipCause } from '../execution.ts'
import { distinctPairs, lockKeyText } from '../locks.ts'
import type { Store } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { type Decision, inSlotOrder, planClaim } from './claim-plan.ts'
import { wantedDependencies } from './dependencies.ts'
import { queuedRow, runningRow, skippedRow } from './new-execution.ts'
import { cancelledInQueue, instantText, skipped, skipText } from './transitions.ts'

export type Tick = Parameters<Store['claim']>[0]

/** One tick in one transaction: read what bears on it, decide, write. */
export function* claim(tables: Tables, tick: Tick): Script<ClaimOutcome[]> {
  const { fires, now } = tick
  const watermarks =
    tick.watermarks.length === 0
      ? new Map<string, number>()
      : yield* tables.watermarks(tick.watermarks.map(({ key }) => key))
  yield* tables.moveMarks(
    tick.watermarks.filter(({ key, to }) => to > (watermarks.get(key) ?? Number.POSITIVE_INFINITY)),
  )
  if (fires.length === 0) return []
  // Where several schedulers watch, all but the first come too late for every fire: they needn't wait for its locks.
  if (fires.every((fire) => fire.scheduledFor <= (watermarks.get(fire.scheduleKey) ?? Number.NEGATIVE_INFINITY))) {
    return inSlotOrder(fires).flatMap((position) => {
      const fire = fires[position]
      return fire === undefined ? [] : [{ outcome: 'already-claimed' as const, fire }]
    })
  }
  const pairs = distinctPairs(fires)
  yield* tables.lockPairs(pairs, true)
  const uncovered = fires.filter((fire) => !watermarks.has(fire.scheduleKey))
  const lastSkips = new Map<string, LastSkip>()
  if (uncovered.length > 0) yield* readLastSkips(tables, uncovered, lastSkips)
  const claimed = new Set(yield* claimedAmong(tables, fires))
  fires.forEach((fire, position) => {
    if (!watermarks.has(fire.scheduleKey) && isCounted(fire, lastSkips.get(lockKeyText(fire)))) claimed.add(position)
  })
  const waitsFor = wantedDependencies(fires)
  const histories = yield* tables.pauses(null)
  const plan = planClaim(
    fires,
    {
      watermarks,
      claimed,
      pauses: new Map(histories.map((history) => [history.job, history])),
      open: yield* tables.openOf(pairs),
      retained: yield* tables.retained(),
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
function* claimedAmong(tables: Tables, fires: readonly Fire[]): Script<ReadonlySet<number>> {
  const newest = yield* tables.newestInstant()
  if (newest === null || fires.every(({ scheduledFor }) => scheduledFor > newest)) return new Set()
  return yield* tables.claimedAmong(fires)
}

/** Writes down what was decided, and says it in the order in which slots were given. */
function* record(
  tables: Tables,
  tick: Tick,
  verdicts: readonly Decision[],
  lastSkips: Map<string, LastSkip>,
): Script<ClaimOutcome[]> {
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
    const key = lockKeyText(fire)
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

function* readLastSkips(tables: Tables, fires: readonly Fire[], into: Map<string, LastSkip>): Script<void> {
  const missing = distinctPairs(fires).filter((pair) => !into.has(lockKeyText(pair)))
  if (missing.length === 0) return
  for (const last of yield* tables.lastSkips(missing)) into.set(lockKeyText(last), last)
}

/** Whether a fire that no mark covers was counted into a row of skips before: only the first has a row of its own. */
function isCounted(fire: Fire, last: LastSkip | undefined): boolean {
  return last !== undefined && last.scheduledFor <= fire.scheduledFor && fire.scheduledFor <= last.skippedUntil
}
