import { timeText } from '../calendar.ts'
import type { CronPlan, SpecialDays } from './plan.ts'

/** More times of day than this are not listed one by one. */
const MOST_TIMES = 6
const ALL_DAYS = 0x7fffffff
const ALL_WEEKDAYS = 127
const ALL_MONTHS = 0b1111111111110

/** A cron schedule as one English phrase, from what it does rather than from how it is written. */
export function describeCron(plan: CronPlan, timezone: string): string {
  const time = timePhrase(plan)
  const day = dayPhrase(plan) || (time.startsWith('at ') && !time.includes('every') ? ' every day' : '')
  const years = plan.years === null ? '' : `, in ${ranged(plan.years)}`
  return `${time}${day}${years}${timezone === 'UTC' ? '' : ` (${timezone})`}`
}

function timePhrase(plan: CronPlan): string {
  const seconds = secondsOf(plan)
  const minutes = minutesOf(plan)
  const hours = bitsOf(plan.hours)
  const isOnTheMinute = seconds.length === 1 && seconds[0] === 0
  if (seconds.length * minutes.length * hours.length <= MOST_TIMES) {
    const times = hours.flatMap((h) => minutes.flatMap((m) => seconds.map((s) => timeText(h * 3600 + m * 60 + s))))
    return `at ${listed(isOnTheMinute ? times.map((time) => time.slice(0, 5)) : times)}`
  }
  const rest = minutePhrase(minutes, hours)
  if (isOnTheMinute) return rest
  const phrase = stepPhrase(seconds, 60, 'second')
  if (!phrase.startsWith('every')) return `${phrase}, ${rest}`
  if (rest === 'every minute') return phrase
  return `${seconds.length === 60 ? 'every second of the minute' : `at seconds ${ranged(seconds)}`}, ${rest}`
}

function minutePhrase(minutes: readonly number[], hours: readonly number[]): string {
  const hourStep = evenStep(hours, 24)
  if (minutes.length === 1 && hourStep !== null && hourStep < 24) {
    return `${stepPhrase(hours, 24, 'hour')}${minutes[0] === 0 ? '' : `, at minute ${minutes[0]}`}`
  }
  const phrase = stepPhrase(minutes, 60, 'minute')
  if (hours.length === 24) return phrase.startsWith('every') ? phrase : `${phrase} of every hour`
  const [first = 0] = hours
  const last = hours.at(-1) ?? 0
  if (phrase.startsWith('every') && last - first === hours.length - 1) {
    return `${phrase} from ${timeText(first * 3600).slice(0, 5)} to ${timeText(last * 3600 + 3540).slice(0, 5)}`
  }
  return `${phrase} of ${hours.length === 1 ? 'hour' : 'hours'} ${ranged(hours)}`
}

/** "every minute", "every 5 minutes", "at minute 7", "at minutes 1, 2 and 3". */
export function stepPhrase(values: readonly number[], size: number, unit: string): string {
  const step = evenStep(values, size)
  if (step === 1) return `every ${unit}`
  if (step !== null && step < size) return `every ${step} ${unit}s`
  return `at ${unit}${values.length === 1 ? '' : 's'} ${ranged(values)}`
}

/** The day fields and the month, joined by the rule of crontab(5); begins with a space, or is empty. */
function dayPhrase(plan: CronPlan): string {
  const isEveryDay = plan.days === ALL_DAYS
  const isEveryWeekday = plan.weekdays === ALL_WEEKDAYS
  const isEveryMonth = plan.months === ALL_MONTHS
  const months = ranged(bitsOf(plan.months), monthName)
  // "day 1 of March" says all where there is one month and nothing but days of it.
  const isWithin = !months.includes(' ') && isEveryWeekday
  const ofMonth = isWithin ? months : 'the month'
  const byDay = isEveryDay ? '' : `on ${daysOfMonthText(plan.days, plan.special, ofMonth)}`
  const byWeekday = isEveryWeekday ? '' : `on ${daysOfWeekText(plan.weekdays, plan.special, ofMonth)}`
  let phrase = byDay || byWeekday
  if (byDay !== '' && byWeekday !== '') {
    phrase = plan.needsBothDays ? `${byDay}, if that is ${byWeekday.slice(3)}` : `${byDay}, and also ${byWeekday}`
  } else if (!plan.needsBothDays) {
    // Joined by OR, a field that names every day makes the other one idle.
    phrase = ''
  }
  if (isEveryMonth || (isWithin && phrase !== '')) return phrase === '' ? '' : ` ${phrase}`
  return `${phrase === '' ? ' every day' : ` ${phrase},`} in ${months}`
}

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
