import type { Tables } from '../driver.ts'
import type { AwaitedFire, Fire } from '../execution.ts'
import type { LastNominal, WantedFire } from '../schedule-tables.ts'
import type { Script } from '../transaction-script.ts'

/*
 * Fires by local time. Nodes whose time-zone data differ don't agree on the instant of "06:00 in Casablanca". What they
 * agree on is the local time, and so that decides whether such a fire was dealt with; the watermark alone does not.
 */

export interface NominalPlan {
  /** Positions of the fires whose local time was dealt with at another instant. */
  readonly dealtWith: ReadonlySet<number>
  /** The nominal time of each schedule when this tick is over; only those that this tick moves. */
  readonly moved: ReadonlyMap<string, LastNominal>
}

const NOTHING: NominalPlan = { dealtWith: new Set(), moved: new Map() }

/** Compares the fires of a tick with what its schedules, which are locked, have dealt with. */
export function* decideNominalTimes(
  tables: Tables,
  fires: readonly Fire[],
  watermarks: ReadonlyMap<string, number>,
): Script<NominalPlan> {
  const keys = new Set(fires.flatMap(({ nominal, scheduleKey }) => (nominal ? scheduleKey : [])))
  const known = [...keys].filter((key) => watermarks.has(key)).sort()
  if (known.length === 0) return NOTHING
  return planNominalTimes(fires, watermarks, yield* tables.nominalTimes(known))
}

/**
 * Pure. A later fire is dealt with already where its local time is not greater than the last one's, unless the zone's
 * clock was corrected in between (by three hours or more: then the same local time comes twice, and counts twice).
 */
export function planNominalTimes(
  fires: readonly Fire[],
  watermarks: ReadonlyMap<string, number>,
  stored: ReadonlyMap<string, LastNominal>,
): NominalPlan {
  const dealtWith = new Set<number>()
  const moved = new Map<string, LastNominal>()
  const byInstant = [...fires.entries()].sort(([, a], [, b]) => a.scheduledFor - b.scheduledFor)
  for (const [position, { nominal, scheduleKey, scheduledFor }] of byInstant) {
    const watermark = watermarks.get(scheduleKey)
    if (!nominal || watermark === undefined || scheduledFor <= watermark) continue
    const { local, correctedAt } = nominal
    const last = moved.get(scheduleKey) ?? stored.get(scheduleKey)
    const isCorrected = last !== undefined && correctedAt !== null && last.firedAt < correctedAt
    if (last !== undefined && local <= last.local && !isCorrected) dealtWith.add(position)
    else moved.set(scheduleKey, { local, firedAt: scheduledFor })
  }
  return { dealtWith, moved }
}

/**
 * The fires, each with those that it waits for beyond the ones of its own instant: fires for its local time that came at
 * another instant, by a node with other time-zone data.
 */
export function* withAwaitedFires(tables: Tables, fires: readonly Fire[]): Script<readonly Fire[]> {
  const wanted = fires.flatMap((fire) => (!fire.nominal ? [] : fire.after.map((job) => wantedBy(fire, job))))
  if (wanted.length === 0) return fires
  const found = yield* tables.firesFor(wanted)
  return fires.map((fire) => {
    const others = found.filter((other) => isAwaited(fire, other))
    if (others.length === 0) return fire
    return { ...fire, awaits: others.map(({ job, scheduledFor }) => ({ job, scheduledFor })) }
  })
}

const wantedBy = ({ scheduleKey, nominal }: Fire, job: string): WantedFire => ({
  scheduleKey,
  job,
  local: nominal?.local ?? 0,
})

function isAwaited({ scheduleKey, nominal, scheduledFor }: Fire, other: WantedFire & AwaitedFire): boolean {
  return other.scheduleKey === scheduleKey && nominal?.local === other.local && scheduledFor !== other.scheduledFor
}
