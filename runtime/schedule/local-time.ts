import { DAY, dateOf, dayOf, monthLength, monthOf, weekdayOf, yearOf } from './civil.ts'
import { type CronPlan, matchingDaysOf } from './plan.ts'

/*
 * A local time is what the clock on the wall shows, written as seconds since 1970-01-01T00:00:00 of that clock. It
 * knows no zone: daylight saving is the business of fires.ts.
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
