import { AtSchedule } from './at-schedule.ts'
import { dateText, shortTimeText } from './calendar.ts'
import { nextLocal } from './cron/plan.ts'
import { CronSchedule } from './cron/schedule.ts'
import type { Schedule } from './schedule.ts'
import { CORRECTION, MAX_SHIFT, type Zone, zoneOf } from './time-zone.ts'

/**
 * What a change of the clock does to the times of a schedule. `moved`: they fall in the gap and fire at its end.
 * `merged`: they would too, but share the fire of others. `dropped`: they do not happen. `repeated-once`: the clock shows
 * them twice, and they fire the first time only. `runs-twice`: they fire both times.
 */
export type DaylightKind = 'moved' | 'merged' | 'dropped' | 'repeated-once' | 'runs-twice'

export interface DaylightEffect {
  /** The local date of the change: `2026-03-29`. */
  readonly date: string
  readonly kind: DaylightKind
  /** The instant of the change. */
  readonly change: Date
  /** The local time that the effect begins with, `02:30`, as the schedule writes it. */
  readonly local: string
  /** When it fires (the first time, where it does so twice); null for what is dropped. */
  readonly utc: Date | null
  /** How many times of the schedule it is about, from `local` on. */
  readonly count: number
  readonly note: string
}

/** What the changes of the clock from `from` on and before `to` do to a schedule, in order of time. */
export function daylightEffects(schedule: Schedule, from: Date, to: Date): DaylightEffect[] {
  const zone = schedule instanceof CronSchedule || schedule instanceof AtSchedule ? schedule.zone : null
  if (zone === null) return []
  return changesBetween(zone, Math.ceil(from.getTime() / 1000), Math.ceil(to.getTime() / 1000)).flatMap((change) =>
    change.after > change.before ? effectsOfGap(schedule, change) : effectsOfRepetition(schedule, change),
  )
}

/**
 * Whether the clock of a zone shows the local time of an instant twice, because it is put back: `first` or `second` says
 * which of the two this is. `instant`: ms since the epoch.
 */
export function repetitionAt(instant: number, timezone: string): 'first' | 'second' | null {
  const at = Math.floor(instant / 1000)
  for (const change of changesBetween(zoneOf(timezone), at - MAX_SHIFT, at + MAX_SHIFT)) {
    const repeated = change.before - change.after
    if (at >= change.instant && at < change.instant + repeated) return 'second'
    if (at < change.instant && at >= change.instant - repeated) return 'first'
  }
  return null
}

/** An instant at which the offset of a zone changes. */
export interface ClockChange {
  readonly instant: number
  readonly before: number
  readonly after: number
}

export function changesBetween(zone: Zone, from: number, to: number): ClockChange[] {
  const changes: ClockChange[] = []
  let { offset, end } = zone.periodAt(from - 1)
  while (end < to) {
    const period = zone.periodAt(end)
    if (period.offset !== offset) changes.push({ instant: end, before: offset, after: period.offset })
    offset = period.offset
    end = period.end
  }
  return changes
}

function effectsOfGap(schedule: Schedule, change: ClockChange): DaylightEffect[] {
  const gapStart = change.instant + change.before
  const gapEnd = change.instant + change.after
  const times = localTimesIn(schedule, gapStart, gapEnd)
  const [first] = times
  if (first === undefined) return []
  const end = shortTimeText(gapEnd)
  const missing = `the clock jumps from ${shortTimeText(gapStart)} to ${end}`
  const effect = (kind: DaylightKind, local: number, count: number, note: string): DaylightEffect => ({
    date: dateText(local),
    kind,
    change: new Date(change.instant * 1000),
    local: shortTimeText(local),
    utc: kind === 'dropped' ? null : new Date(change.instant * 1000),
    count,
    note: `${missing}: ${note}`,
  })
  if (!isSmoothed(schedule, change)) {
    return keepsItsPace(schedule, change)
      ? []
      : [effect('dropped', first, times.length, `${timesText(times)} does not happen`)]
  }
  const effects: DaylightEffect[] = []
  const isShared = localTimesIn(schedule, gapEnd, gapEnd + 1).length > 0
  if (!isShared) effects.push(effect('moved', first, 1, `${shortTimeText(first)} fires at ${end}`))
  const merged = isShared ? times : times.slice(1)
  if (merged[0] !== undefined)
    effects.push(effect('merged', merged[0], merged.length, `${timesText(merged)} shares the fire at ${end}`))
  return effects
}

function effectsOfRepetition(schedule: Schedule, change: ClockChange): DaylightEffect[] {
  const start = change.instant + change.after
  const end = change.instant + change.before
  const times = localTimesIn(schedule, start, end)
  const [first] = times
  if (first === undefined || keepsItsPace(schedule, change)) return []
  const once = isSmoothed(schedule, change)
  return [
    {
      date: dateText(first),
      kind: once ? 'repeated-once' : 'runs-twice',
      change: new Date(change.instant * 1000),
      local: shortTimeText(first),
      utc: new Date((first - change.before) * 1000),
      count: times.length,
      note: `the clock shows ${shortTimeText(start)} to ${shortTimeText(end)} twice: ${timesText(times)} fires ${once ? 'the first time only' : 'both times'}`,
    },
  ]
}

/** Jobs at fixed times are kept from being lost or doubled by changes of less than three hours; an at() always is. */
function isSmoothed(schedule: Schedule, change: ClockChange): boolean {
  if (!(schedule instanceof CronSchedule)) return true
  return !schedule.plan.followsElapsedTime && Math.abs(change.after - change.before) < CORRECTION
}

/** In every hour and by elapsed time: a change of whole hours goes unnoticed. */
function keepsItsPace(schedule: Schedule, change: ClockChange): boolean {
  if (!(schedule instanceof CronSchedule) || !schedule.plan.followsElapsedTime) return false
  return (
    schedule.plan.hours === 0xffffff &&
    (change.after - change.before) % 3600 === 0 &&
    Math.abs(change.after - change.before) < CORRECTION
  )
}

/** The local times in [start, end) that a schedule names, whether they exist or not. */
function localTimesIn(schedule: Schedule, start: number, end: number): number[] {
  if (schedule instanceof AtSchedule)
    return schedule.localTime >= start && schedule.localTime < end ? [schedule.localTime] : []
  if (!(schedule instanceof CronSchedule)) return []
  const times: number[] = []
  // A gap lies within two years for certain: a year is enough for nextLocal to stop in.
  const lastYear = 1970 + Math.ceil(end / 31_556_952)
  for (
    let time = nextLocal(schedule.plan, start, lastYear);
    time < end;
    time = nextLocal(schedule.plan, time + 1, lastYear)
  ) {
    times.push(time)
  }
  return times
}

function timesText(times: readonly number[]): string {
  const [first = 0] = times
  const last = times.at(-1) ?? 0
  if (times.length === 1) return shortTimeText(first)
  if (times.length === 2) return `each of ${shortTimeText(first)} and ${shortTimeText(last)}`
  return `each of the ${times.length} times from ${shortTimeText(first)} to ${shortTimeText(last)}`
}
