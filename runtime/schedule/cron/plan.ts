import { DAY, dateOf, dayOf, monthLength, monthOf, weekdayOf, yearOf } from '../calendar.ts'

/**
 * A cron expression as bits. Hours, months and weekdays (Sunday is 0) have the bit of their number; a day of the month
 * has the bit below it, so that all 31 fit a positive integer; seconds and minutes from 31 up are in a second mask.
 */
export interface CronPlan {
  readonly secondsLow: number
  readonly secondsHigh: number
  readonly minutesLow: number
  readonly minutesHigh: number
  readonly hours: number
  readonly days: number
  readonly months: number
  readonly weekdays: number
  /** The days that depend on the month, where there are any. */
  readonly special: SpecialDays | null
  /** Ascending; null is every year. */
  readonly years: readonly number[] | null
  /** Both day fields must match (either begins with `*`), not just one of them: crontab(5). */
  readonly needsBothDays: boolean
  /** The minute or hour field begins with `*`: it follows real elapsed time, also in a repeated hour: cron(8). */
  readonly followsElapsedTime: boolean
  /** The first and the last second of a day at which it fires. */
  readonly firstTime: number
  readonly lastTime: number
}

export interface SpecialDays {
  /** Bit n is `L-n`; bit 0 is `L`. */
  readonly fromLast: number
  /** `15W`: the bit below the day. */
  readonly nearestWeekday: number
  /** `LW`. */
  readonly lastWeekday: boolean
  /** `5L`: bits of weekdays. */
  readonly lastOfWeekday: number
  /** `5#2`: for each of the five occurrences, bits of weekdays. */
  readonly nthOfWeekday: readonly number[]
}

/** The days of a month that match, the bit below each; `first` is the weekday of its first day. */
export function matchingDays(plan: CronPlan, length: number, first: number): number {
  const all = 0x7fffffff >>> (31 - length)
  // A week that begins with the month's first day, five times over.
  const week = ((plan.weekdays >> first) | (plan.weekdays << (7 - first))) & 127
  let byWeekday = week | (week << 7) | (week << 14) | (week << 21) | (week << 28)
  let byDay = plan.days
  if (plan.special !== null) {
    byDay |= specialDays(plan.special, length, first)
    byWeekday |= specialWeekdays(plan.special, length, first)
  }
  return (plan.needsBothDays ? byDay & byWeekday : byDay | byWeekday) & all
}

/** The same for a month of a year; 0 where the year or the month is not in the plan. */
export function matchingDaysOf(plan: CronPlan, year: number, month: number, first: number): number {
  if ((plan.months & (1 << month)) === 0) return 0
  if (plan.years !== null && !plan.years.includes(year)) return 0
  return matchingDays(plan, monthLength(year, month), first)
}

function specialDays(special: SpecialDays, length: number, first: number): number {
  let mask = 0
  for (let back = 0; back < length; back++) if (special.fromLast & (1 << back)) mask |= 1 << (length - 1 - back)
  for (let day = 1; day <= length; day++) {
    if (special.nearestWeekday & (1 << (day - 1))) mask |= 1 << (nearestWeekday(day, length, first) - 1)
  }
  if (special.lastWeekday) mask |= 1 << (nearestWeekday(length, length, first) - 1)
  return mask
}

/** Monday to Friday nearest to a day, without leaving the month. */
function nearestWeekday(day: number, length: number, first: number): number {
  const weekday = (first + day - 1) % 7
  if (weekday === 6) return day === 1 ? 3 : day - 1
  if (weekday === 0) return day === length ? day - 2 : day + 1
  return day
}

function specialWeekdays(special: SpecialDays, length: number, first: number): number {
  let mask = 0
  for (let day = 1; day <= length; day++) {
    const bit = 1 << ((first + day - 1) % 7)
    const occurrence = Math.floor((day - 1) / 7)
    if (day + 7 > length && special.lastOfWeekday & bit) mask |= 1 << (day - 1)
    if ((special.nthOfWeekday[occurrence] ?? 0) & bit) mask |= 1 << (day - 1)
  }
  return mask
}

/*
 * A local time is what the clock on the wall shows, written as seconds since 1970-01-01T00:00:00 of that clock. It
 * knows no zone: daylight saving is up to schedule.ts.
 */

/** The first local time at or after `local` that matches, or NaN where there is none up to the end of `lastYear`. */
export function nextLocal(plan: CronPlan, local: number, lastYear: number): number {
  const day = Math.floor(local / DAY)
  const date = dateOf(day)
  let year = yearOf(date)
  let month = monthOf(date)
  const dayOfMonth = dayOf(date)
  // The number of the last day of the month before.
  let before = day - dayOfMonth
  let days = matchingDaysOf(plan, year, month, weekdayOf(before + 1))
  if (days & (1 << (dayOfMonth - 1))) {
    const time = timeAtOrAfter(plan, local - day * DAY)
    if (time >= 0) return day * DAY + time
  }
  days &= -1 << dayOfMonth
  while (days === 0) {
    before += monthLength(year, month)
    if (++month > 12) {
      month = 1
      if (++year > lastYear) return Number.NaN
    }
    days = matchingDaysOf(plan, year, month, weekdayOf(before + 1))
  }
  return (before + lowestBit(days) + 1) * DAY + plan.firstTime
}

/** The last local time at or before `local` that matches, or NaN where there is none since the start of `firstYear`. */
export function previousLocal(plan: CronPlan, local: number, firstYear: number): number {
  const day = Math.floor(local / DAY)
  const date = dateOf(day)
  let year = yearOf(date)
  let month = monthOf(date)
  const dayOfMonth = dayOf(date)
  let before = day - dayOfMonth
  let days = matchingDaysOf(plan, year, month, weekdayOf(before + 1))
  if (days & (1 << (dayOfMonth - 1))) {
    const time = timeAtOrBefore(plan, local - day * DAY)
    if (time >= 0) return day * DAY + time
  }
  days &= (1 << (dayOfMonth - 1)) - 1
  while (days === 0) {
    if (--month < 1) {
      month = 12
      if (--year < firstYear) return Number.NaN
    }
    before -= monthLength(year, month)
    days = matchingDaysOf(plan, year, month, weekdayOf(before + 1))
  }
  return (before + highestBit(days) + 1) * DAY + plan.lastTime
}

/** The times of day in a plan; what is common to every day. */
export type TimesOfDay = Pick<CronPlan, 'secondsLow' | 'secondsHigh' | 'minutesLow' | 'minutesHigh' | 'hours'>

/** The first second of the day at or after `time` that matches, or -1. */
export function timeAtOrAfter(plan: TimesOfDay, time: number): number {
  let hour = (time / 3600) | 0
  let minute = ((time / 60) | 0) % 60
  let second = bitAtOrAbove(plan.secondsLow, plan.secondsHigh, time % 60)
  if (second < 0 || !hasBit(plan.minutesLow, plan.minutesHigh, minute) || (plan.hours & (1 << hour)) === 0) {
    second = bitAtOrAbove(plan.secondsLow, plan.secondsHigh, 0)
    const wholeHour = (plan.hours & (1 << hour)) !== 0
    minute = wholeHour ? bitAtOrAbove(plan.minutesLow, plan.minutesHigh, minute + 1) : -1
    if (wholeHour && minute < 0) hour++
    if (minute < 0) {
      minute = bitAtOrAbove(plan.minutesLow, plan.minutesHigh, 0)
      const hours = plan.hours & (-1 << hour)
      if (hours === 0) return -1
      hour = lowestBit(hours)
    }
  }
  return hour * 3600 + minute * 60 + second
}

/** The last second of the day at or before `time` that matches, or -1. */
export function timeAtOrBefore(plan: TimesOfDay, time: number): number {
  let hour = (time / 3600) | 0
  let minute = ((time / 60) | 0) % 60
  let second = bitAtOrBelow(plan.secondsLow, plan.secondsHigh, time % 60)
  if (second < 0 || !hasBit(plan.minutesLow, plan.minutesHigh, minute) || (plan.hours & (1 << hour)) === 0) {
    second = bitAtOrBelow(plan.secondsLow, plan.secondsHigh, 59)
    minute = plan.hours & (1 << hour) ? bitAtOrBelow(plan.minutesLow, plan.minutesHigh, minute - 1) : -1
    if (minute < 0) {
      minute = bitAtOrBelow(plan.minutesLow, plan.minutesHigh, 59)
      const hours = plan.hours & ((1 << hour) - 1)
      if (hours === 0) return -1
      hour = highestBit(hours)
    }
  }
  return hour * 3600 + minute * 60 + second
}

const lowestBit = (mask: number): number => 31 - Math.clz32(mask & -mask)
const highestBit = (mask: number): number => 31 - Math.clz32(mask)

function hasBit(low: number, high: number, bit: number): boolean {
  return bit < 31 ? (low & (1 << bit)) !== 0 : (high & (1 << (bit - 31))) !== 0
}

/** The first bit at or above one of 0 to 60 in a pair of masks that meet at 31, or -1. */
function bitAtOrAbove(low: number, high: number, bit: number): number {
  if (bit < 31) {
    const rest = low & (-1 << bit)
    if (rest !== 0) return lowestBit(rest)
    return high === 0 ? -1 : 31 + lowestBit(high)
  }
  const rest = high & (-1 << (bit - 31))
  return rest === 0 ? -1 : 31 + lowestBit(rest)
}

/** The last bit at or below one of -1 to 59, or -1. */
function bitAtOrBelow(low: number, high: number, bit: number): number {
  if (bit >= 31) {
    const rest = high & ((2 << (bit - 31)) - 1)
    if (rest !== 0) return 31 + highestBit(rest)
    return low === 0 ? -1 : highestBit(low)
  }
  const rest = bit < 0 ? 0 : low & ((2 << bit) - 1)
  return rest === 0 ? -1 : highestBit(rest)
}
