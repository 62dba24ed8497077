import type { FireKey, Tables } from '../driver.ts'
import type { ClaimOutcome, Execution, Fire } from '../execution.ts'
import { distinctPairs, lockKeyText } from '../locks.ts'
import type { Store } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { type ClaimPlan, inSlotOrder, planClaim } from './claim-plan.ts'
import { CountedSkips } from './counted-skips.ts'
import { dependenciesOf } from './dependencies.ts'
import { endWithoutPromotion, followedLines } from './endings.ts'
import { standInLine } from './lines.ts'
import { queuedRow, runningRow } from './new-execution.ts'
import { decideNominalTimes, withAwaitedFires } from './nominal-times.ts'
import { pausesAt } from './pauses.ts'
import { cancelledInQueue, instantText, skipped, skipText } from './transitions.ts'

export type Tick = Parameters<Store['claim']>[0]

/** One tick in one transaction: read what matters to it, decide, write. */
export function* claim(tables: Tables, tick: Tick): Script<ClaimOutcome[]> {
  const watermarks =
    tick.watermarks.length === 0
      ? new Map<string, number>()
      : yield* tables.watermarks(tick.watermarks.map(({ key }) => key))
  yield* tables.moveWatermarks(
    tick.watermarks.filter(({ key, to }) => to > (watermarks.get(key) ?? Number.POSITIVE_INFINITY)),
  )
  const { fires: due } = tick
  if (due.length === 0) return []
  // Where several schedulers watch, all but the first come too late for every fire: they needn't wait for its locks.
  if (due.every((fire) => fire.scheduledFor <= (watermarks.get(fire.scheduleKey) ?? Number.NEGATIVE_INFINITY))) {
    return inSlotOrder(due).flatMap((position) => {
      const fire = due[position]
      return fire === undefined ? [] : [{ outcome: 'already-claimed' as const, fire }]
    })
  }
  const nominal = yield* decideNominalTimes(tables, due, watermarks)
  yield* tables.setNominalTimes(nominal.moved)
  const fires = yield* withAwaitedFires(tables, due)
  const pairs = distinctPairs(fires)
  yield* tables.lockPairs(pairs, true)
  const found = yield* openOf(tables, fires, tick.now)
  const open = found.filter(({ status }) => status !== 'SKIPPED')
  const skips = new CountedSkips(found)
  const claimed = yield* claimedAmong(tables, fires, watermarks)
  for (const position of nominal.dealtWith) claimed.add(position)
  fires.forEach((fire, position) => {
    if (!watermarks.has(fire.scheduleKey) && skips.covers(fire)) claimed.add(position)
  })
  const histories = yield* tables.pauses()
  const plan = planClaim(
    fires,
    {
      watermarks,
      claimed,
      pauses: pausesAt(histories, tick.now),
      open,
      retained: yield* tables.retained(),
      dependencies: yield* dependenciesOf(tables, fires),
    },
    tick,
  )
  return yield* record(tables, { ...tick, fires }, plan, { open, skips, watermarks })
}

/** What is open of the lines of these fires: whole lines only where a fire may take the place of all that waits there. */
function* openOf(tables: Tables, fires: readonly Fire[], now: number): Script<Execution[]> {
  const replacing = distinctPairs(fires.filter(({ overlap }) => overlap === 'queue' || overlap === 'cancel'))
  if (replacing.length === 0) return yield* tables.headsOf(fires, now)
  const whole = new Set(replacing.map(lockKeyText))
  const others = fires.filter((fire) => !whole.has(lockKeyText(fire)))
  return [...(yield* tables.openOf(replacing)), ...(others.length === 0 ? [] : yield* tables.headsOf(others, now))]
}

/** Whether a fire needs a row of its own among the claimed ones: no watermark proves whether it is claimed. */
const isOwn = (fire: FireKey, watermarks: ReadonlyMap<string, number>): boolean =>
  fire.tenant !== '' || !watermarks.has(fire.scheduleKey)

/** Positions of the fires that are claimed. Most ticks are later than all that was claimed apart, which one query tells. */
function* claimedAmong(
  tables: Tables,
  fires: readonly Fire[],
  watermarks: ReadonlyMap<string, number>,
): Script<Set<number>> {
  const newest = (yield* tables.newestClaimed()) ?? Number.NEGATIVE_INFINITY
  const entries = [...fires.entries()]
  const old = entries.filter(([, { scheduledFor }]) => scheduledFor <= newest)
  // What the loop claimed by its watermark has no such row; but it has an execution, or is counted in one.
  const unproved = entries.filter(([, fire]) => fire.tenant === '' && isOwn(fire, watermarks))
  return new Set([
    ...(old.length === 0 ? [] : yield* tables.claimedAmong(old)),
    ...(unproved.length === 0 ? [] : yield* tables.recordedAmong(unproved)),
  ])
}

interface Found {
  readonly open: readonly Execution[]
  readonly skips: CountedSkips
  readonly watermarks: ReadonlyMap<string, number>
}

/** Writes down what was decided, and says it in the order in which slots were given. */
function* record(
  tables: Tables,
  tick: Tick,
  plan: ClaimPlan,
  { open, skips, watermarks }: Found,
): Script<ClaimOutcome[]> {
  const { fires, now } = tick
  const outcomes: (ClaimOutcome | undefined)[] = fires.map(() => undefined)
  const executions: Execution[] = []
  const own: (FireKey & { executionId: string })[] = []
  const byInstant = fires.map((_, position) => position)
  byInstant.sort((a, b) => (fires[a]?.scheduledFor ?? 0) - (fires[b]?.scheduledFor ?? 0) || a - b)
  for (const position of byInstant) {
    const fire = fires[position]
    const verdict = plan.verdicts[position]
    if (fire === undefined || verdict === undefined) continue
    if (verdict.kind === 'already-claimed') {
      outcomes[position] = { outcome: 'already-claimed', fire }
      continue
    }
    let executionId: string
    if (verdict.kind === 'skip') {
      const { cause } = verdict
      executionId = skips.skip(fire, cause, verdict.reason, now)
      outcomes[position] = { outcome: 'skipped', fire, cause, reason: skipText(cause, verdict.reason) }
    } else {
      skips.interrupt(fire)
      const execution = verdict.kind === 'run' ? runningRow(fire, tick.node, now) : queuedRow(fire, now)
      executionId = execution.id
      executions.push(execution)
      outcomes[position] =
        verdict.kind === 'run' ? { outcome: 'running', fire, execution } : { outcome: 'queued', fire, executionId }
    }
    if (isOwn(fire, watermarks)) {
      const { job, tenant, scheduleKey, scheduledFor } = fire
      own.push({ job, tenant, scheduleKey, scheduledFor, executionId })
    }
  }
  const gone = new Set([...plan.replaced.keys(), ...plan.cancelled.keys()])
  const left = gone.size === 0 ? open : open.filter((one) => !gone.has(one))
  const drafts = yield* standInLine(tables, executions, left, tick)
  const lines = yield* endOthers(tables, plan, now)
  if (drafts.length > 0) yield* tables.insert(drafts)
  yield* skips.write(tables)
  if (own.length > 0) yield* tables.claimFires(own)
  yield* tables.promote(lines)
  return inSlotOrder(fires).flatMap((position) => outcomes[position] ?? [])
}

/** Ends what newer fires take the place of; returns the lines that others may wait in. */
function* endOthers(tables: Tables, plan: ClaimPlan, now: number): Script<ReturnType<typeof followedLines>> {
  if (plan.asked.length > 0) {
    yield* tables.requestCancel(
      plan.asked.map(({ id }) => id),
      now,
    )
  }
  const endings = [...plan.replaced].map(([execution, fire]) =>
    skipped(execution, 'replaced', `the fire of ${instantText(fire.scheduledFor)} took its place`, now),
  )
  for (const [execution, fire] of plan.cancelled) {
    const reason = `the fire of ${instantText(fire.scheduledFor)} took its place`
    endings.push(cancelledInQueue(execution, now, reason))
  }
  return followedLines(yield* endWithoutPromotion(tables, endings, 'QUEUED', now))
}
