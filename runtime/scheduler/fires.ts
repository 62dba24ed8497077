import type { Job } from '../manifest/types.ts'
import { nominalTimeOf } from '../schedule/index.ts'
import type { ClaimOutcome, Fire, SkipCause } from '../store/execution.ts'
import { newFire } from '../store/new-fire.ts'
import { unitHash } from '../support/hash.ts'
import type { OpenSchedule, ScheduleCursor } from './cursor.ts'

/** Fires up to this many ms old are late; what is older was missed, and is run only as the job's `catchUp` says. */
export const LATE = 60_000
/** Fires of one schedule that one tick deals with; what is beyond is the next tick's, which follows at once. */
const MOST_AT_ONCE = 1000
/** How far missed fires are counted; beyond it, the record says "more than". */
const MOST_COUNTED = 100_000

export interface DueFires {
  readonly fires: Fire[]
  /** The instant up to which these are all of the schedule's fires. */
  readonly watermark: number
  /** The schedule's first fire after the watermark; null where none comes. */
  readonly next: number | null
}

/**
 * Pure: what becomes of the fires of a schedule in (watermark, now]. `aliveFrom`: the first instant at which the loop
 * was there to fire. What came due since then and is at most LATE old runs, each of it; what came due before was missed.
 */
export function dueFires(cursor: ScheduleCursor, now: number, aliveFrom: number): DueFires {
  const { job } = cursor
  if (job.disabledBy !== null) {
    const skip = summary(cursor, cursor.watermark + 1, now + 1, 'disabled', job.disabledBy)
    return { fires: skip, watermark: now, next: nextAfter(cursor, now) }
  }
  const missedBefore = Math.max(now - LATE, Math.min(aliveFrom, now + 1), cursor.watermark + 1)
  let next = nextAfter(cursor, cursor.watermark)
  if (next === null || next >= missedBefore) return late(cursor, [], next, now)
  const missed = missedFires(cursor, missedBefore, now)
  const last = missed.at(MOST_AT_ONCE - 1)?.scheduledFor
  if (last !== undefined) return { fires: missed, watermark: last, next: nextAfter(cursor, last) }
  next = nextAfter(cursor, missedBefore - 1)
  return late(cursor, missed, next, now)
}

/** Adds the fires from `next` on, each of which runs. */
function late(cursor: ScheduleCursor, fires: Fire[], from: number | null, now: number): DueFires {
  let next = from
  for (; next !== null && next <= now; next = nextAfter(cursor, next)) fires.push(fireAt(cursor, next, 'schedule'))
  return { fires, watermark: now, next }
}

/** The schedule's first fire after an instant, ms since the epoch. */
export function nextAfter({ schedule }: Pick<ScheduleCursor, 'schedule'>, instant: number): number | null {
  return schedule.next(new Date(instant))?.getTime() ?? null
}

/** What becomes of the fires between the watermark and `before`; of those that all run, at most MOST_AT_ONCE. */
function missedFires(cursor: ScheduleCursor, before: number, now: number): Fire[] {
  const { job, schedule, watermark } = cursor
  const window = job.catchUp === 'none' ? LATE : Math.max(job.catchUpWindow, LATE)
  const from = Math.max(now - window, watermark + 1)
  const why = job.catchUp === 'none' ? 'catchUp is none' : 'it is outside the catch-up window'
  const skipped = summary(cursor, watermark + 1, from, 'missed', `no scheduler could run it in time, and ${why}`)
  if (job.catchUp === 'all') {
    const fires = skipped
    for (const instant of schedule.between(new Date(from), new Date(before))) {
      fires.push(catchUpFire(cursor, instant.getTime()))
      if (fires.length >= MOST_AT_ONCE) break
    }
    return fires
  }
  const newest = schedule.previous(new Date(before))?.getTime()
  if (newest === undefined || newest < from) return skipped
  const others = summary(cursor, from, newest, 'coalesced', 'of the fires that were missed, only the newest runs')
  return [...skipped, ...others, fireAt(cursor, newest, newest < now - LATE ? 'catch-up' : 'schedule')]
}

/** Where all are caught up, each waits for those before it, whatever `overlap` says of fires that come in time. */
function catchUpFire(cursor: ScheduleCursor, instant: number): Fire {
  const fire = fireAt(cursor, instant, 'catch-up')
  return fire.overlap === 'allow' ? fire : { ...fire, overlap: 'queue' }
}

/** One record for all fires in [from, before); none where there are no such fires. */
function summary(cursor: ScheduleCursor, from: number, before: number, cause: SkipCause, reason: string): Fire[] {
  const found = count(cursor, from, before)
  if (found === null) return []
  const more = found.count >= MOST_COUNTED ? `more than ${MOST_COUNTED} fires, ` : ''
  const skip = { cause, reason: `${cause}: ${more}${reason}` }
  return [{ ...fireAt(cursor, found.last, 'catch-up', skip), count: found.count, from: found.first }]
}

/** How many fires lie in [from, before), and the first and the last of them; null for none. */
function count(
  cursor: ScheduleCursor,
  from: number,
  before: number,
): { count: number; first: number; last: number } | null {
  if (from >= before) return null
  const last = cursor.schedule.previous(new Date(before))?.getTime()
  if (last === undefined || last < from) return null
  let counted = 0
  let first = last
  for (const instant of cursor.schedule.between(new Date(from), new Date(before))) {
    if (++counted === 1) first = instant.getTime()
    if (counted >= MOST_COUNTED) break
  }
  return { count: counted, first, last }
}

/**
 * Pure: the fires of a schedule in [from, to), whatever its watermark says, to be run at `now`: their jitter doesn't
 * count, and those still to come don't wait for their instant.
 */
export function firesBetween(cursor: ScheduleCursor, from: number, to: number, now: number): Fire[] {
  const { disabledBy } = cursor.job
  const skip = disabledBy === null ? null : { cause: 'disabled' as const, reason: `disabled: ${disabledBy}` }
  return Array.from(cursor.schedule.between(new Date(from), new Date(to)), (instant) => ({
    ...fireAt(cursor, instant.getTime(), 'schedule', skip),
    availableAt: now,
  }))
}

/** The fire of a schedule at an instant, with what the store needs to claim it. */
export function fireAt(
  { job, definition, schedule }: OpenSchedule,
  scheduledFor: number,
  trigger: Fire['trigger'],
  skip: Fire['skip'] = null,
): Fire {
  const following = job.jitter > 0 ? schedule.next(new Date(scheduledFor))?.getTime() : undefined
  const availableAt = scheduledFor + jitter(job, scheduledFor, following)
  const { key: scheduleKey, args } = definition
  const nominal = nominalTimeOf(schedule, scheduledFor)
  return newFire(job, { scheduleKey, scheduledFor, args, trigger, availableAt, nominal, skip })
}

/** A delay in [0, job.jitter) that depends on job and instant alone, and stays before the `following` fire. */
export function jitter(job: Job, scheduledFor: number, following: number | undefined): number {
  if (job.jitter === 0) return 0
  const longest = following === undefined ? job.jitter : Math.min(job.jitter, following - scheduledFor)
  return Math.floor(unitHash(`${job.name}:${scheduledFor}`) * longest)
}

/**
 * What is recorded, when a scheduler starts to watch, of schedules that can't be read: they never fire, and the history
 * says so and why. One record a job: starts that follow are counted in it.
 */
export function invalidFires(jobs: readonly Job[], now: number): Fire[] {
  return jobs.flatMap((job) =>
    job.schedules.flatMap(({ key: scheduleKey, problem, args }): Fire[] => {
      if (problem === null) return []
      const skip = { cause: 'invalid', reason: `invalid: ${problem}` } as const
      return [newFire(job, { scheduleKey, scheduledFor: now, args, after: [], skip })]
    }),
  )
}

/**
 * Fires every `@reboot` schedule once, for this process. They take the lock as any fire does. Of two processes that
 * start in the same millisecond, one fires a millisecond later.
 */
export async function fireReboots(
  schedules: readonly OpenSchedule[],
  now: number,
  claim: (fires: readonly Fire[]) => Promise<ClaimOutcome[]>,
): Promise<ClaimOutcome[]> {
  const settled: ClaimOutcome[] = []
  let fires = schedules.map(({ job, definition: { key: scheduleKey, args } }): Fire => {
    const skip =
      job.disabledBy === null ? null : ({ cause: 'disabled', reason: `disabled: ${job.disabledBy}` } as const)
    return newFire(job, { scheduleKey, scheduledFor: now, args, after: [], skip })
  })
  while (fires.length > 0) {
    const outcomes = await claim(fires)
    settled.push(...outcomes.filter(({ outcome }) => outcome !== 'already-claimed'))
    fires = outcomes
      .filter(({ outcome }) => outcome === 'already-claimed')
      .map(({ fire }) => ({ ...fire, scheduledFor: fire.scheduledFor + 1 }))
  }
  return settled
}
