import type { CronPlan, SpecialDays } from './plan.ts'

export const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'] as const

/** "1", "1 and 2", "1, 2 and 3". */
export function listed(words: readonly (string | number)[]): string {
  const last = words.at(-1)
  if (last === undefined) return ''
  return words.length === 1 ? String(last) : `${words.slice(0, -1).join(', ')} and ${last}`
}

/** Ascending numbers, three or more in a row drawn together: "1, 2 and 9 to 17". */
export function ranged(values: readonly number[], nameOf: (value: number) => string = String): string {
  const parts: string[] = []
  for (let from = 0; from < values.length; ) {
    let to = from
    while (values[to + 1] === (values[to] ?? Number.NaN) + 1) to++
    const [first = 0, last = 0] = [values[from], values[to]]
    if (to - from >= 2) parts.push(`${nameOf(first)} to ${nameOf(last)}`)
    else for (let value = first; value <= last; value++) parts.push(nameOf(value))
    from = to + 1
  }
  return listed(parts)
}

/** The bits of a mask, ascending. */
export function bitsOf(mask: number): number[] {
  const bits: number[] = []
  for (let bit = 0; bit < 31; bit++) if (mask & (1 << bit)) bits.push(bit)
  return bits
}

export const secondsOf = (plan: CronPlan): number[] => pairOf(plan.secondsLow, plan.secondsHigh)
export const minutesOf = (plan: CronPlan): number[] => pairOf(plan.minutesLow, plan.minutesHigh)
const pairOf = (low: number, high: number): number[] => [...bitsOf(low), ...bitsOf(high).map((bit) => bit + 31)]

/** The n of values 0, n, 2n, ... that fill a range of `size` evenly; 1 is every value; null is anything else. */
export function evenStep(values: readonly number[], size: number): number | null {
  const step = size / values.length
  return Number.isInteger(step) && values.every((value, index) => value === index * step) ? step : null
}

/** "day 1 of the month, the last day of the month"; "" for no days. */
export function daysOfMonthText(days: number, special: SpecialDays | null, ofMonth: string): string {
  const phrases: string[] = []
  const plain = bitsOf(days).map((bit) => bit + 1)
  if (plain.length > 0) phrases.push(`${plain.length === 1 ? 'day' : 'days'} ${ranged(plain)} of ${ofMonth}`)
  for (const back of bitsOf(special?.fromLast ?? 0)) {
    if (back === 0) phrases.push(`the last day of ${ofMonth}`)
    else phrases.push(`the day ${back === 1 ? 'before the last' : `${back} days before the last`} of ${ofMonth}`)
  }
  for (const bit of bitsOf(special?.nearestWeekday ?? 0)) {
    phrases.push(`the weekday (Monday to Friday) nearest to day ${bit + 1} of ${ofMonth}`)
  }
  if (special?.lastWeekday) phrases.push(`the last weekday (Monday to Friday) of ${ofMonth}`)
  return listed(phrases)
}

/** "Monday to Friday", "the last Friday of the month"; "" for no days. */
export function daysOfWeekText(weekdays: number, special: SpecialDays | null, ofMonth: string): string {
  const phrases: string[] = []
  // The week of a sentence begins on Monday.
  const plain = bitsOf(weekdays).map((day) => (day === 0 ? 7 : day))
  if (plain.length > 0)
    phrases.push(
      ranged(
        plain.sort((a, b) => a - b),
        weekdayName,
      ),
    )
  for (const day of bitsOf(special?.lastOfWeekday ?? 0)) phrases.push(`the last ${weekdayName(day)} of ${ofMonth}`)
  for (const [index, mask] of (special?.nthOfWeekday ?? []).entries()) {
    for (const day of bitsOf(mask)) phrases.push(`the ${ORDINALS[index]} ${weekdayName(day)} of ${ofMonth}`)
  }
  return listed(phrases)
}

export const weekdayName = (day: number): string => WEEKDAY_NAMES[day % 7] ?? ''
export const monthName = (month: number): string => MONTH_NAMES[month - 1] ?? ''
