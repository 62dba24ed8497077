import { monthLength } from './civil.ts'

/**
 * A cron expression as bits. Hours, months and weekdays (Sunday is 0) stand at their own bit; a day of the month
 * stands at the bit below it, so that all 31 fit a positive integer; seconds and minutes from 31 up are in a second mask.
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
