import { AtSchedule } from './at-schedule.ts'
import { DAY, dateOf, yearOf } from './calendar.ts'
import { previousLocal } from './cron/plan.ts'
import { CronSchedule } from './cron/schedule.ts'
import { changesBetween } from './dst-transitions.ts'
import type { Schedule } from './schedule.ts'
import { CORRECTION, MAX_SHIFT, type Zone } from './time-zone.ts'

/** The local time for which a schedule fires: the same on every machine, whatever its time-zone data say when that is. */
export interface NominalTime {
  /** What the clock of the zone shows, in ms since 1970-01-01T00:00:00 of that clock. Of several in a gap, the greatest. */
  readonly local: number
  /**
   * When the clock was last corrected, by three hours or more, in the days up to the fire: what it showed before doesn't
   * count after. Ms since the epoch; null where it wasn't.
   */
  readonly correctedAt: number | null
}

/**
 * Pure: the nominal time of a fire, ms since the epoch. Null for what goes by instants, which all machines agree on: a
 * rate, a cron expression that follows elapsed time, UTC, an `at()` with an offset of its own.
 */
export function nominalTimeOf(schedule: Schedule, fire: number): NominalTime | null {
  if (schedule instanceof AtSchedule) {
    if (!followsZone(schedule)) return null
    // It happens once: no correction makes it happen again.
    return { local: schedule.localTime * 1000, correctedAt: null }
  }
  if (!(schedule instanceof CronSchedule)) return null
  const { plan, zone } = schedule
  if (plan.followsElapsedTime || isFixed(zone)) return null
  const instant = Math.floor(fire / 1000)
  const shown = instant + zone.periodAt(instant).offset
  const local = previousLocal(plan, shown, yearOf(dateOf(Math.floor(shown / DAY))) - 1)
  return { local: (Number.isNaN(local) ? shown : local) * 1000, correctedAt: lastCorrection(zone, instant) }
}

/** Whether it depends on time-zone data when a schedule fires. */
export function followsZone(schedule: Schedule): boolean {
  if (schedule instanceof AtSchedule) return !Number.isNaN(schedule.localTime) && !isFixed(schedule.zone)
  return schedule instanceof CronSchedule && !isFixed(schedule.zone)
}

/** Whether the clock of a zone is UTC's, by any of its names. */
const isFixed = (zone: Zone): boolean => zone.periodAt(0).start === Number.NEGATIVE_INFINITY

/** Of a fire that another one could stand for the same local time as: that one is less than MAX_SHIFT away. */
function lastCorrection(zone: Zone, instant: number): number | null {
  // Nearly always the whole of it lies within one period.
  if (zone.periodAt(instant).start <= instant - MAX_SHIFT) return null
  const changes = changesBetween(zone, instant - MAX_SHIFT, instant + 1)
  const last = changes.findLast(({ before, after }) => Math.abs(after - before) >= CORRECTION)
  return last === undefined ? null : last.instant * 1000
}
