import type { Dependency } from '../driver.ts'
import type { Execution, Fire, SkipCause } from '../execution.ts'
import { byLockKey, holdsLock, inOrder, isRetained, lockKeyText, type RetainedLock } from '../locks.ts'
import type { Store } from '../store.ts'
import { decideAfter } from './dependencies.ts'
import { DEFAULT_QUEUE } from './new-execution.ts'
import { decideOverlap } from './overlap.ts'
import { type Pauses, pausedReason } from './pauses.ts'

/** What the store holds that bears on a tick, read in the transaction of the claim. */
export interface ClaimView {
  /** Stored watermarks of the schedules that the tick moves. */
  readonly watermarks: ReadonlyMap<string, number>
  /** Positions of fires that have a row already, or are counted in one. */
  readonly claimed: ReadonlySet<number>
  readonly pauses: Pauses
  readonly open: readonly Execution[]
  readonly retained: readonly RetainedLock[]
  readonly dependencies: readonly Dependency[]
}

/** What is to become of one fire. */
export type Decision =
  | { readonly kind: 'already-claimed' }
  | { readonly kind: 'skip'; readonly cause: SkipCause; readonly reason: string }
  | { readonly kind: 'run' }
  | { readonly kind: 'wait' }

export interface ClaimPlan {
  /** One for each fire, in the order given. */
  readonly verdicts: readonly Decision[]
  /** Queued executions that a newer fire takes the place of. */
  readonly replaced: ReadonlyMap<Execution, Fire>
  /** Queued executions, started before, that a newer fire ends. */
  readonly cancelled: ReadonlyMap<Execution, Fire>
  /** Running executions that a newer fire wants to end. */
  readonly asked: readonly Execution[]
}

/** When a tick is claimed, and what the node may start; `queues`: all where they aren't given. */
export type ClaimedAt = Pick<Parameters<Store['claim']>[0], 'now' | 'slots' | 'staleBefore' | 'queues'>

/* A tick has hundreds of fires with the same decision. */
const RUN: Decision = { kind: 'run' }
const WAIT: Decision = { kind: 'wait' }
// Made once and not for each fire of a tick (`npm run bench -- durable`).
const NO_EXECUTIONS: readonly Execution[] = []
const NO_LOCKS: readonly RetainedLock[] = []
const NO_CHAIN: ReadonlySet<number> = new Set()

/**
 * Decides a whole tick. First what runs at all (watermarks, skips of the caller, pauses, `after`, overlap), then which of
 * those start at once: by priority, then instant, as slots and locks allow.
 */
export function planClaim(fires: readonly Fire[], view: ClaimView, at: ClaimedAt): ClaimPlan {
  const verdicts: (Decision | undefined)[] = fires.map(() => undefined)
  const open = byLockKey(view.open)
  const retained = byLockKey(view.retained)
  const replaced = new Map<Execution, Fire>()
  const cancelled = new Map<Execution, Fire>()
  const asked = new Set<Execution>()
  const blocked = new Set<number>()
  const keys = fires.map(lockKeyText)
  const sameInstant = fires.some(({ after }) => after.length > 0) ? byInstant(fires) : new Map<string, number[]>()
  const ranges = sameInstant.size > 0 ? rangesByJob(fires) : new Map<string, number[]>()

  /** Fires of one tick depend on each other through `after`, so a fire is decided after those that it names. */
  const decide = (position: number, fire: Fire, chain: ReadonlySet<number>): Decision => {
    const known = verdicts[position]
    if (known !== undefined) return known
    const verdict = decideFire(position, fire, chain)
    verdicts[position] = verdict
    return verdict
  }

  const decideFire = (position: number, fire: Fire, chain: ReadonlySet<number>): Decision => {
    const watermark = view.watermarks.get(fire.scheduleKey)
    if ((watermark !== undefined && fire.scheduledFor <= watermark) || view.claimed.has(position)) {
      return { kind: 'already-claimed' }
    }
    if (fire.skip !== null) return { kind: 'skip', ...fire.skip }
    const pause = pausedReason(view.pauses, fire)
    if (pause !== null) return { kind: 'skip', cause: 'paused', reason: pause }
    if (fire.after.length > 0) {
      const after = decideAfter(fire, [...view.dependencies, ...inThisTick(position, fire, chain)])
      if (after.kind === 'skip') return { kind: 'skip', cause: 'after', reason: after.reason }
      if (after.kind === 'wait') blocked.add(position)
    }
    const key = keys[position] ?? ''
    const overlap = decideOverlap(fire, open.get(key) ?? NO_EXECUTIONS, retained.get(key) ?? NO_LOCKS, at)
    if (overlap.kind === 'skip') return { kind: 'skip', cause: 'overlap', reason: overlap.reason }
    if (overlap.kind === 'queue' || overlap.kind === 'cancel') {
      for (const other of overlap.replaced) replaced.set(other, fire)
    }
    if (overlap.kind === 'cancel') {
      for (const other of overlap.retrying) cancelled.set(other, fire)
      for (const other of overlap.running) asked.add(other)
    }
    return WAIT
  }

  const inThisTick = (position: number, fire: Fire, chain: ReadonlySet<number>): Dependency[] => {
    const found: Dependency[] = []
    for (const job of fire.after) {
      for (const other of [...(sameInstant.get(`${fire.scheduledFor} ${job}`) ?? []), ...(ranges.get(job) ?? [])]) {
        const dependency = fires[other]
        if (dependency === undefined || other === position || chain.has(other)) continue
        const verdict = decide(other, dependency, new Set([...chain, position]))
        if (verdict.kind === 'already-claimed') continue
        const { tenant, scheduledFor: until, from = until } = dependency
        const status = verdict.kind === 'skip' ? 'SKIPPED' : 'QUEUED'
        found.push({ job, tenant, scheduledFor: from, until, status })
      }
    }
    return found
  }

  fires.forEach((fire, position) => {
    decide(position, fire, NO_CHAIN)
  })
  const gone = new Set([...replaced.keys(), ...cancelled.keys()])
  const starts = giveSlots(fires, keys, verdicts, blocked, view, gone, at)
  return {
    verdicts: verdicts.map((verdict, position) => (verdict === undefined || starts.has(position) ? RUN : verdict)),
    replaced,
    cancelled,
    asked: [...asked],
  }
}

/** Positions of the fires of each job that are a range of skips. */
function rangesByJob(fires: readonly Fire[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  fires.forEach(({ job, from }, position) => {
    if (from !== undefined) positions.set(job, [...(positions.get(job) ?? []), position])
  })
  return positions
}

/** Positions of the fires of each job at each instant. */
function byInstant(fires: readonly Fire[]): Map<string, number[]> {
  const found = new Map<string, number[]>()
  fires.forEach((fire, position) => {
    const key = `${fire.scheduledFor} ${fire.job}`
    found.set(key, [...(found.get(key) ?? []), position])
  })
  return found
}

/** Positions of the fires that start at once; `keys`: of their pairs. */
function giveSlots(
  fires: readonly Fire[],
  keys: readonly string[],
  verdicts: readonly (Decision | undefined)[],
  blocked: ReadonlySet<number>,
  view: ClaimView,
  gone: ReadonlySet<Execution>,
  at: ClaimedAt,
): Set<number> {
  const held = new Set<string>()
  for (const lock of view.retained) if (isRetained(lock, at.staleBefore)) held.add(lockKeyText(lock))
  /** Instant of the first execution of each pair that waits for the lock since an earlier tick. */
  const firstInLine = new Map<string, Execution>()
  for (const other of view.open) {
    const key = lockKeyText(other)
    if (holdsLock(other, at.staleBefore)) held.add(key)
    if (other.status !== 'QUEUED' || other.lock === 'bypass' || other.availableAt > at.now || gone.has(other)) continue
    const first = firstInLine.get(key)
    if (first === undefined || inOrder(other, first) < 0) firstInLine.set(key, other)
  }
  const candidates = inSlotOrder(fires).filter((position) => verdicts[position]?.kind === 'wait')
  /** The earliest fire of each pair in this tick; the others wait for it, also while it waits for another job. */
  const earliest = new Map<string, number>()
  for (const position of candidates) {
    const fire = fires[position]
    if (fire === undefined || fire.availableAt > at.now) continue
    const key = keys[position] ?? ''
    const other = fires[earliest.get(key) ?? -1]
    if (other === undefined || fire.scheduledFor < other.scheduledFor) earliest.set(key, position)
  }
  const starts = new Set<number>()
  for (const position of candidates) {
    const fire = fires[position]
    if (starts.size >= at.slots) break
    if (fire === undefined || fire.availableAt > at.now || blocked.has(position)) continue
    if (at.queues?.includes(fire.queue ?? DEFAULT_QUEUE) === false) continue
    if (fire.overlap !== 'allow') {
      const key = keys[position] ?? ''
      const first = firstInLine.get(key)
      if (held.has(key) || earliest.get(key) !== position) continue
      if (first !== undefined && first.scheduledFor <= fire.scheduledFor) continue
      held.add(key)
    }
    starts.add(position)
  }
  return starts
}

/** Positions in the order in which slots are given: priority, then instant, then the order given. */
export function inSlotOrder(fires: readonly Fire[]): number[] {
  const rank = (a: number, b: number): number => {
    const one = fires[a]
    const other = fires[b]
    if (one === undefined || other === undefined) return 0
    return other.priority - one.priority || one.scheduledFor - other.scheduledFor || a - b
  }
  return fires.map((_, position) => position).sort(rank)
}
