import { type FieldRule, readValue } from './field.ts'
import type { SpecialDays } from './plan.ts'
import { FieldScanner, isLetter, quote } from './scanner.ts'

const L = 76
const W = 87
const HASH = 35
const DASH = 45

/** Collects `L`, `L-3`, `15W`, `LW`, `5L` and `5#2` while the day fields are read. */
export class SpecialDayReader {
  #fromLast = 0
  #nearestWeekday = 0
  #lastWeekday = false
  #lastOfWeekday = 0
  #nthOfWeekday: number[] | null = null
  #any = false

  get days(): SpecialDays | null {
    if (!this.#any) return null
    return {
      fromLast: this.#fromLast,
      nearestWeekday: this.#nearestWeekday,
      lastWeekday: this.#lastWeekday,
      lastOfWeekday: this.#lastOfWeekday,
      nthOfWeekday: this.#nthOfWeekday ?? [],
    }
  }

  /** `L`, `L-3`, `LW`, `15W`. */
  readDayOfMonth(field: FieldScanner, rule: FieldRule): boolean {
    const start = field.at
    if (field.take(L)) {
      if (field.take(W)) this.#lastWeekday = true
      else if (field.take(DASH)) {
        const back = field.digits()
        if (back < 1 || back > 30) {
          field.fail(
            rule,
            'SCHEDULE_OUT_OF_RANGE',
            `day-of-month ${quote(field.item)} goes back further than a month`,
            'use L-1 to L-30, L-1 being the day before the last',
            start,
          )
        }
        this.#fromLast |= 1 << back
      } else this.#fromLast |= 1
      return this.#found()
    }
    const day = field.digits()
    if (day >= 0 && field.take(W)) {
      if (day < 1 || day > 31) {
        field.fail(rule, 'SCHEDULE_OUT_OF_RANGE', `day-of-month ${day} is out of range 1-31`, 'use 1W to 31W', start)
      }
      this.#nearestWeekday |= 1 << (day - 1)
      return this.#found()
    }
    field.at = start
    return false
  }

  /** `5L`, `FRIL`, `5#2`, `FRI#2`. `toWeekday` makes Sunday 0 of a value as written. */
  readDayOfWeek(field: FieldScanner, rule: FieldRule, toWeekday: (value: number) => number): boolean {
    const start = field.at
    const length = this.#lengthOfDay(field)
    const mark = field.peek(length)
    if (mark !== HASH && (mark | 32) !== (L | 32)) return false
    if (mark !== HASH && isLetter(field.peek(length + 1))) return false
    if (length === 0) {
      const [message, hint] =
        mark === HASH
          ? [`day-of-week ${quote(field.item)} names no day before "#"`, 'write 5#2 or FRI#2 for the second Friday']
          : ['day-of-week "L" names no day', 'write 5L or FRIL for the last Friday of the month']
      field.fail(rule, 'SCHEDULE_FIELD_SYNTAX', message, hint, start)
    }
    const day = readValue(new FieldScanner(field.source, start, start + length), rule)
    const bit = 1 << toWeekday(day)
    field.at += length + 1
    if (mark !== HASH) {
      this.#lastOfWeekday |= bit
      return this.#found()
    }
    const nth = field.digits()
    if (nth < 1 || nth > 5) {
      field.fail(
        rule,
        'SCHEDULE_OUT_OF_RANGE',
        `day-of-week ${quote(field.item)} asks for an occurrence that no month has`,
        'use #1 to #5, such as FRI#2',
        start,
      )
    }
    this.#nthOfWeekday ??= [0, 0, 0, 0, 0]
    this.#nthOfWeekday[nth - 1] = (this.#nthOfWeekday[nth - 1] ?? 0) | bit
    return this.#found()
  }

  #found(): true {
    this.#any = true
    return true
  }

  /** How many characters of a number or a name come before the mark; the L of "FRIL" is a mark. */
  #lengthOfDay(field: FieldScanner): number {
    let length = 0
    for (let code = field.peek(); code >= 48 && code <= 57; code = field.peek(length)) length++
    if (length > 0) return length
    while (isLetter(field.peek(length))) length++
    return length > 0 && field.peek(length) !== HASH && (field.peek(length - 1) | 32) === (L | 32) ? length - 1 : length
  }
}
