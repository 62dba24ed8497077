import { nearest } from '../support/suggest.ts'
import { ScheduleError } from './errors.ts'
import { BaseSchedule, HORIZON } from './schedule.ts'

const UNITS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

export interface Rate {
  readonly count: number
  readonly unit: string
  /** As written: `minute` or `minutes`. */
  readonly word: string
  /** Milliseconds; a day is 24 hours, a week seven of those, whatever the clocks do. */
  readonly interval: number
}

/** Fires at anchor + k * interval, k = 0, 1, 2, ...: a late run doesn't make it drift. */
export class RateSchedule extends BaseSchedule {
  readonly kind = 'rate'
  readonly timezone: string
  readonly rate: Rate
  /** Milliseconds since the Unix epoch. */
  readonly anchor: number

  constructor(expression: string, timezone: string, rate: Rate, anchor: number) {
    super(expression)
    this.timezone = timezone
    this.rate = rate
    this.anchor = anchor
  }

  describe(): string {
    const { count, unit } = this.rate
    return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`
  }

  protected nextTime(after: number): number | null {
    if (after < this.anchor) return this.anchor
    return this.anchor + (Math.floor((after - this.anchor) / this.rate.interval) + 1) * this.rate.interval
  }

  protected previousTime(before: number): number | null {
    if (before <= this.anchor) return null
    return this.anchor + (Math.ceil((before - this.anchor) / this.rate.interval) - 1) * this.rate.interval
  }
}

/** Reads what is between the parentheses of `rate(...)`, which begins at `position`. */
export function readRate(body: string, position: number): Rate {
  const [, number = '', gap = '', word = '', rest = ''] = /^\s*([^\sA-Za-z]*)(\s*)([A-Za-z]*)\s*(.*)$/s.exec(body) ?? []
  const at = position + body.length - body.trimStart().length
  const fail = (message: string, hint: string): never => {
    throw new ScheduleError('SCHEDULE_RATE', message, { hint, position: at })
  }
  if (number === '' && word === '') fail('rate() is empty', 'write a number and a unit, such as rate(5 minutes)')
  if (number === '') fail(`rate(${body.trim()}) has no number`, `write rate(1 ${word || 'hour'})`)
  if (number.startsWith('-')) fail(`rate ${number} is negative`, 'use a whole number from 1 up')
  if (/^\+?\d*[.,]\d*$/.test(number))
    fail(
      `rate ${number} is a fraction`,
      'use whole numbers and a smaller unit: rate(90 seconds), not rate(1.5 minutes)',
    )
  if (!/^\d+$/.test(number)) fail(`rate "${number}" is not a number`, 'use a whole number from 1 up')
  if (/^0+$/.test(number)) fail('rate 0 would never rest', 'use a whole number from 1 up')
  const unit = word.toLowerCase().replace(/s$/, '')
  const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined
  if (size === undefined || rest !== '') failUnit(number, word, rest, at + number.length + gap.length)
  if (gap === '') fail(`rate(${number}${word}) has no space`, `did you mean rate(${number} ${word})?`)
  const count = Number(number)
  if (count * size > HORIZON) fail(`rate(${number} ${word}) is longer than 50 years`, 'use a shorter interval')
  return { count, unit, word: word.toLowerCase(), interval: count * size }
}

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  ...{ s: 'second', sec: 'second', m: 'minute', min: 'minute', h: 'hour', hr: 'hour', d: 'day', w: 'week', wk: 'week' },
  ...Object.fromEntries(Object.keys(UNITS).map((unit) => [unit, unit])),
}

/** The rate that is meant by `every 5 minutes`, `5m`, `5 min` or `every hour`, as it is to be written; undefined for none. */
export function rateMeant(text: string): string | undefined {
  const [, every, digits, word = ''] = /^\s*(every\b)?\s*(\d{1,9})?\s*([a-z]+)\s*$/i.exec(text) ?? []
  const short = word.toLowerCase()
  const unit = [short, short.replace(/s$/, '')].flatMap((each) =>
    Object.hasOwn(ABBREVIATIONS, each) ? (ABBREVIATIONS[each] ?? []) : [],
  )[0]
  const count = Number(digits ?? 1)
  if (unit === undefined || count === 0 || (every === undefined && digits === undefined)) return undefined
  return `rate(${count} ${unit}${count === 1 ? '' : 's'})`
}

function failUnit(number: string, word: string, rest: string, position: number): never {
  const units = Object.keys(UNITS)
  const suggestion = nearest(
    word,
    units.map((unit) => (Number(number) === 1 ? unit : `${unit}s`)),
  )
  const likely = suggestion === undefined ? undefined : `rate(${number} ${suggestion})`
  const meant = rest === '' ? (rateMeant(`${number} ${word}`) ?? likely) : undefined
  const hint = meant === undefined ? `use one number and one of ${units.join(', ')}` : `did you mean ${meant}?`
  const what =
    rest !== ''
      ? `rate has "${rest.trim()}" after its unit`
      : word === ''
        ? `rate(${number}) has no unit`
        : `rate unit "${word}" is unknown`
  throw new ScheduleError('SCHEDULE_RATE_UNIT', what, { hint, position })
}
