/*
 * A second, slow implementation, to hold the fast one against. It shares no code with it: it plays the main loop of
 * Debian's cron (cron.c: virtualTime, timeRunning, wildcard and fixed-time jobs), one real minute after the other,
 * over the clock of a zone as Intl tells it. Days on which nothing can be due are walked over in one step.
 */
const MINUTES_A_DAY = 1440
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** The fires after `start` (seconds), at most `count`, and none more than `days` days ahead. */
export function oracleFires(
  expression: string,
  timezone: string,
  start: number,
  count: number,
  days: number,
): number[] {
  const words = expression.split(' ')
  const hasSeconds = words.length === 6
  const [minute = '', hour = ''] = hasSeconds ? words.slice(1) : words
  const seconds = hasSeconds ? [...values(words[0] ?? '', 0, 59, [])].sort((a, b) => a - b) : [0]
  const minutes = values(minute, 0, 59, [])
  const hours = values(hour, 0, 23, [])
  const isWild = minute.startsWith('*') || hour.startsWith('*')
  const isDue = new Uint8Array(MINUTES_A_DAY)
  for (const h of hours) for (const m of minutes) isDue[h * 60 + m] = 1
  const dayMatches = dayTest(expression)

  const fires: number[] = []
  const fire = (instant: number): void => {
    if (instant > start && instant !== fires.at(-1)) fires.push(instant)
  }
  const runClock = (real: number): void => {
    for (const second of seconds) fire(real * 60 + second)
  }
  const matches = (clock: number): boolean => {
    const day = Math.floor(clock / MINUTES_A_DAY)
    return isDue[clock - day * MINUTES_A_DAY] === 1 && dayMatches(day)
  }
  let virtual = Number.NaN
  const firstDay = Math.floor(start / 86_400)
  for (let day = firstDay - 1; day <= firstDay + days && fires.length < count; day++) {
    if (!dayMatches(day - 1) && !dayMatches(day) && !dayMatches(day + 1)) {
      virtual = Number.NaN
      continue
    }
    const offsets = offsetsOn(timezone, day)
    for (let minuteOfDay = 0; minuteOfDay < MINUTES_A_DAY; minuteOfDay++) {
      const real = day * MINUTES_A_DAY + minuteOfDay
      const clock = real + (typeof offsets === 'number' ? offsets : (offsets[minuteOfDay] ?? 0))
      const difference = clock - virtual
      // A change of n minutes makes a difference of 1 + n or 1 - n. Three hours and more: "the clock jumped".
      const isLarge = difference > 180 || difference <= -179
      if (difference === 1 || isLarge || Number.isNaN(virtual)) {
        virtual = clock
        if (matches(clock)) runClock(real)
      } else if (difference > 1) {
        while (virtual < clock) {
          virtual++
          if (!matches(virtual) || (isWild && virtual < clock)) continue
          if (virtual < clock) fire(real * 60)
          else runClock(real)
        }
      } else if (isWild && matches(clock)) runClock(real)
    }
  }
  return fires.slice(0, count)
}

/** A test for the number of a day since 1970-01-01: crontab(5), and the extensions of Quartz that we take. */
export function dayTest(expression: string): (day: number) => boolean {
  const [dayOfMonth = '', month = '', dayOfWeek = ''] = expression.split(' ').slice(-3)
  const months = values(month, 1, 12, MONTHS, 1)
  const isBoth = dayOfMonth.startsWith('*') || dayOfWeek.startsWith('*')
  const known = new Map<number, boolean>()
  return (day) => {
    let result = known.get(day)
    if (result === undefined) {
      const date = new Date(day * 86_400_000)
      const byDay = dayOfMonth.split(',').some((item) => matchesDayOfMonth(item, date))
      const byWeekday = dayOfWeek.split(',').some((item) => matchesDayOfWeek(item, date))
      result = months.has(date.getUTCMonth() + 1) && (isBoth ? byDay && byWeekday : byDay || byWeekday)
      known.set(day, result)
    }
    return result
  }
}

function lastDayOf(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}

function matchesDayOfMonth(item: string, date: Date): boolean {
  const day = date.getUTCDate()
  if (item === 'L') return day === lastDayOf(date)
  if (item === 'LW') return day === nearestWeekday(date, lastDayOf(date))
  if (item.startsWith('L-')) return day === lastDayOf(date) - Number(item.slice(2))
  if (item.endsWith('W'))
    return Number.parseInt(item, 10) <= lastDayOf(date) && day === nearestWeekday(date, Number.parseInt(item, 10))
  return values(item, 1, 31, []).has(day)
}

/** Of the days of the month that are Monday to Friday, the one that is nearest. */
function nearestWeekday(date: Date, day: number): number {
  const days = Array.from({ length: lastDayOf(date) }, (_, index) => index + 1).filter((candidate) => {
    const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), candidate)).getUTCDay()
    return weekday >= 1 && weekday <= 5
  })
  return days.reduce((best, candidate) => (Math.abs(candidate - day) < Math.abs(best - day) ? candidate : best))
}

function matchesDayOfWeek(item: string, date: Date): boolean {
  const day = date.getUTCDate()
  const nth = /^(.+)#(\d)$/.exec(item)
  if (nth) return matchesDayOfWeek(nth[1] ?? '', date) && Math.ceil(day / 7) === Number(nth[2])
  if (/^(\d|[A-Z]{3})L$/.test(item)) return matchesDayOfWeek(item.slice(0, -1), date) && day + 7 > lastDayOf(date)
  const set = values(item, 0, 7, WEEKDAYS)
  return set.has(date.getUTCDay()) || (date.getUTCDay() === 0 && set.has(7))
}

const sets = new Map<string, Set<number>>()

/** The values of a list; kept, because the days ask for the same ones again and again. */
function values(text: string, min: number, max: number, names: readonly string[], firstName = 0): Set<number> {
  const key = `${text} ${min} ${max}`
  let set = sets.get(key)
  if (set === undefined) {
    if (sets.size > 50_000) sets.clear()
    set = readValues(text, min, max, names, firstName)
    sets.set(key, set)
  }
  return set
}

function readValues(text: string, min: number, max: number, names: readonly string[], firstName: number): Set<number> {
  const numberOf = (word: string): number => (names.includes(word) ? names.indexOf(word) + firstName : Number(word))
  const set = new Set<number>()
  for (const item of text.split(',')) {
    const [range = '', step] = item.split('/')
    const [low = '', high] = range.split('-')
    const from = range === '*' ? min : numberOf(low)
    const to = range === '*' ? max : high !== undefined ? numberOf(high) : step !== undefined ? max : from
    for (let value = from; value <= to; value += Number(step ?? 1)) set.add(value)
  }
  return set
}

const clocks = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, Map<number, number | Int32Array>>()

/** Minutes to add to UTC: one number, or one for each minute of a day on which it changes. */
export function offsetsOn(timezone: string, day: number): number | Int32Array {
  let days = offsets.get(timezone)
  if (days === undefined) {
    days = new Map()
    offsets.set(timezone, days)
  }
  let known = days.get(day)
  if (known === undefined) {
    const start = day * MINUTES_A_DAY
    const first = offsetAt(timezone, start)
    const isSteady = first === offsetAt(timezone, start + MINUTES_A_DAY - 1)
    known = isSteady
      ? first
      : Int32Array.from({ length: MINUTES_A_DAY }, (_, minute) => offsetAt(timezone, start + minute))
    days.set(day, known)
  }
  return known
}

export function offsetAt(timezone: string, minute: number): number {
  let clock = clocks.get(timezone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' })
    clocks.set(timezone, clock)
  }
  const shown = Date.parse(`${clock.format(minute * 60_000).replace(' ', 'T')}Z`)
  return Math.round(shown / 60_000) - minute
}
