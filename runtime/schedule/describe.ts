import {
  bitsOf,
  daysOfMonthText,
  daysOfWeekText,
  evenStep,
  listed,
  minutesOf,
  monthName,
  ranged,
  secondsOf,
} from './english.ts'
import { timeText } from './local-format.ts'
import type { CronPlan } from './plan.ts'

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
