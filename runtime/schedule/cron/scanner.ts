import { type FieldName, ScheduleError, type ScheduleErrorCode } from '../errors.ts'

const STAR = 42
const COMMA = 44
const QUESTION_MARK = 63

/** The text of one field, read from left to right. `source` is the whole expression, so positions are right. */
export class FieldScanner {
  // Declared only: a thousand schedules are read at each start, and initial values would cost as much as the reading.
  // `npm run bench -- schedule` shows it.
  declare readonly source: string
  declare readonly start: number
  declare readonly end: number
  declare at: number

  constructor(source: string, start: number, end: number) {
    this.source = source
    this.start = start
    this.end = end
    this.at = start
  }

  /** The character code `ahead` of where we are; 0 beyond the end. */
  peek(ahead = 0): number {
    const at = this.at + ahead
    return at < this.end ? this.source.charCodeAt(at) : 0
  }

  /** Letters are compared without regard to case. */
  take(code: number): boolean {
    if (this.at >= this.end) return false
    const found = this.source.charCodeAt(this.at)
    if (found !== code && !(isLetter(found) && (found | 32) === (code | 32) && isLetter(code))) return false
    this.at++
    return true
  }

  get isStar(): boolean {
    return this.source.charCodeAt(this.start) === STAR
  }

  get isQuestionMark(): boolean {
    return this.end - this.start === 1 && this.source.charCodeAt(this.start) === QUESTION_MARK
  }

  /** The value of a field that is one or two digits and nothing else; -1 for any other. */
  get plainNumber(): number {
    const length = this.end - this.start
    const first = this.source.charCodeAt(this.start) - 48
    if (length > 2 || first < 0 || first > 9) return -1
    if (length === 1) return first
    const second = this.source.charCodeAt(this.start + 1) - 48
    return second < 0 || second > 9 ? -1 : first * 10 + second
  }

  get text(): string {
    return this.source.slice(this.start, this.end)
  }

  /** The item of the list that we are in, whole, for messages. */
  get item(): string {
    const from = this.source.lastIndexOf(',', this.at - 1) + 1
    const comma = this.source.indexOf(',', this.at)
    return this.source.slice(Math.max(from, this.start), comma < 0 || comma > this.end ? this.end : comma)
  }

  /** Whether an item of the list ends here. */
  get atItemEnd(): boolean {
    return this.at >= this.end || this.source.charCodeAt(this.at) === COMMA
  }

  /** Decimal digits, or -1 where there are none. What is too long to be meant comes out as a large number. */
  digits(): number {
    const from = this.at
    let value = 0
    for (let code = this.peek(); code >= 48 && code <= 57; code = this.peek()) {
      value = Math.min(value * 10 + code - 48, 999_999_999)
      this.at++
    }
    return this.at === from ? -1 : value
  }

  fail(
    rule: { readonly name: FieldName },
    code: ScheduleErrorCode,
    message: string,
    hint: string,
    position = this.at,
  ): never {
    throw new ScheduleError(code, message, { hint, field: rule.name, position })
  }
}

export function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

export const quote = (text: string): string => `"${text}"`

/** The words of a stretch of text, between any white space, without copying them. */
export function wordsOf(source: string, start = 0, end = source.length): FieldScanner[] {
  const words: FieldScanner[] = []
  let from = -1
  for (let at = start; at < end; at++) {
    const code = source.charCodeAt(at)
    if (code <= 32 || code > 126 ? isSpace(code) : false) {
      if (from >= 0) words.push(new FieldScanner(source, from, at))
      from = -1
    } else if (from < 0) from = at
  }
  if (from >= 0) words.push(new FieldScanner(source, from, end))
  return words
}

/** White space as `String.prototype.trim` sees it. */
export function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13)
  return String.fromCharCode(code).trim() === ''
}
