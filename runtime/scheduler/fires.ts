import type { Job } from '../manifest/types.ts'
import type { ClaimOutcome, Fire, SkipCause } from '../store/execution.ts'
import { newFire } from '../store/new-fire.ts'
import { unitHash } from '../support/hash.ts'
import type { OpenSchedule, ScheduleCursor } from './cursor.ts'

/** Fires up to this many ms old are late, and run; older ones were missed, and the job's `catchUp` decides. */
export const LATE = 60_000
/** Fires of one line that one tick deals with; what is beyond is the next tick's, which follows at once. */
const MOST_AT_ONCE = 1000
/** How far missed fires are counted; beyond it, the record says "more than". */
const MOST_COUNTED = 100_000

export interface DueFires {
  readonly fires: Fire[]
  /** The instant up to which these fires settle the line. */
  readonly watermark: number
  /** The line's first fire after the mark; null where none comes. */
  readonly next: number | null
}

/** Pure: what becomes of the fires of a line in (mark, now]. */
export function dueFires(cursor: ScheduleCursor, now: number): DueFires {
  const { job } = cursor
  const lateFrom = Math.max(now - LATE, cursor.watermark + 1)
  const windowFrom = Math.max(now - job.catchUpWindow, cursor.watermark + 1)
  const fires: Fire[] = []
  const skip: Skip = (from, before, cause, reason) => {
    const missed = count(cursor, from, before)
    if (missed === null) return
    const more = missed.count >= MOST_COUNTED ? `more than ${MOST_COUNTED} fires, ` : ''
    fires.push(fireAt(cursor, missed.last, 'catch-up', { cause, reason: `${cause}: ${more}${reason}` }, missed.count))
  }
  if (job.disabledBy !== null) {
    skip(cursor.watermark + 1, now + 1, 'disabled', job.disabledBy)
    return { fires, watermark: now, next: nextAfter(cursor, now) }
  }
  let next = nextAfter(cursor, cursor.watermark)
  if (next !== null && next < lateFrom) {
    const full = missedFires(cursor, lateFrom, windowFrom, fires, skip)
    if (full !== undefined) return { fires, watermark: full, next: nextAfter(cursor, full) }
    next = nextAfter(cursor, lateFrom - 1)
  }
  for (; next !== null && next <= now; next = nextAfter(cursor, next)) fires.push(fireAt(cursor, next, 'schedule'))
  return { fires, watermark: now, next }
}

/** The line's first fire after an instant, ms since the epoch. */
export function nextAfter({ schedule }: Pick<ScheduleCursor, 'schedule'>, instant: number): number | null {
  return schedule.next(new Date(instant))?.getTime() ?? null
}

type Skip = (from: number, before: number, cause: SkipCause, reason: string) => void

/** Adds what becomes of the fires in (mark, lateFrom). Returns the last one dealt with where there are too many. */
function missedFires(
  cursor: ScheduleCursor,
  lateFrom: number,
  windowFrom: number,
  fires: Fire[],
  skip: Skip,
): number | undefined {
  const { job } = cursor
  const insideFrom = Math.min(windowFrom, lateFrom)
  skip(cursor.watermark + 1, insideFrom, 'missed', 'nothing was running, and it is outside the catch-up window')
  if (job.catchUp === 'none') {
    skip(insideFrom, lateFrom, 'missed', 'nothing was running, and catchUp is none')
  } else if (job.catchUp === 'latest') {
    const newest = cursor.schedule.previous(new Date(lateFrom))?.getTime()
    if (newest !== undefined && newest >= insideFrom) {
      skip(insideFrom, newest, 'missed', 'nothing was running, and catchUp is latest: only the newest runs')
      fires.push(fireAt(cursor, newest, 'catch-up'))
    }
  } else {
    for (const instant of cursor.schedule.between(new Date(insideFrom), new Date(lateFrom))) {
      fires.push(fireAt(cursor, instant.getTime(), 'catch-up'))
      if (fires.length >= MOST_AT_ONCE) return instant.getTime()
    }
  }
  return undefined
}

/** How many fires lie in [from, before), and the last of them; null for none. */
function count(cursor: ScheduleCursor, from: number, before: number): { count: number; last: number } | null {
  if (from >= before) return null
  const last = cursor.schedule.previous(new Date(before))?.getTime()
  if (last === undefined || last < from) return null
  let counted = 0
  for (const _ of cursor.schedule.between(new Date(from), new Date(before))) {
    if (++counted >= MOST_COUNTED) break
  }
  return { count: counted, last }
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

/** The fire of a line at an instant, with what the store needs to claim it. */
export function fireAt(
  { job, definition, schedule }: OpenSchedule,
  scheduledFor: number,
  trigger: Fire['trigger'],
  skip: Fire['skip'] = null,
  count = 1,
): Fire {
  const following = job.jitter > 0 ? schedule.next(new Date(scheduledFor))?.getTime() : undefined
  const availableAt = scheduledFor + jitter(job, scheduledFor, following)
  const { key: scheduleKey, args } = definition
  return newFire(job, { scheduleKey, scheduledFor, args, trigger, availableAt, skip, count })
}

/** A delay in [0, job.jitter) that depends on job and instant alone, and stays before the `following` fire. */
export function jitter(job: Job, scheduledFor: number, following: number | undefined): number {
  if (job.jitter === 0) return 0
  const room = following === undefined ? job.jitter : Math.min(job.jitter, following - scheduledFor)
  return Math.floor(unitHash(`${job.name}:${scheduledFor}`) * room)
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
 * Fires every `@reboot` schedule once, for this process: outside the lock, since each machine has its own. Two
 * processes that start in the same millisecond are told apart by moving one of them on.
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
    return { ...newFire(job, { scheduleKey, scheduledFor: now, args, after: [], skip }), overlap: 'allow' }
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
