import { SECRET_PARTS, secrecyOf } from './secret-names.ts'

/** What is shown in the place of a secret. */
export const CENSORED = '[Redacted]'

const parts = new RegExp(SECRET_PARTS, 'gi')

/** user:password@ of any URL; the password may hold an @. */
const CREDENTIALS = /(:\/\/[^\s/:@"'`<>]{0,200}):[^\s/"'`<>]{1,500}@/g
/** Parameters that are secret in a URL, though their names are not elsewhere. */
const PARAMETERS = /([?&](?:(?:x-amz-)?sig(?:nature)?|key|code|auth)=)[^\s&#"'`<>]+/gi
/** A token by itself: with a digit, unlike the word that follows "bearer" in a sentence. */
const BEARER = /\b(bearer\s+)(?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}/gi

/** Whatever `redactText` may change contains one of these: a pattern for what must be fast. */
export const SUSPICIOUS = `${SECRET_PARTS}|:\\/\\/[^\\s/]{0,200}@|[?&](?:(?:x-amz-)?sig(?:nature)?|key|code|auth)=|bearer`

const isSuspicious = new RegExp(SUSPICIOUS, 'i')

const MOST_OF_A_NAME = 60
/** What is between a name and its value; a quote after the name asks for one before the value. */
const SEPARATOR = /(\\?["'`]?)[)\]]{0,2}\s*(?:=>|[:=])\s*/y
const BLANK = /[ \t]+/y
const NUMBER = /^-?\d+(?:\.\d+)?$/
const QUOTED = /(\\?["'`])(?:(?!\1)(?:\\[\s\S]|[^\\]))*\1(?:\s*\+\s*(\\?["'`])(?:(?!\2)(?:\\[\s\S]|[^\\]))*\2)*/y
/** A value without quotes; of a header, with the word for its kind before it. */
const BARE = /(?:(?:bearer|basic|digest|token|negotiate)\s+)?[^\s,;&"'`(){}[\]<>\\]+/iy

/**
 * A text without what it says after a secret name (`password: 'x'`, `access_token=x`, `"apiKey":"x"`, `--token x`),
 * without the passwords of URLs, and without their secret parameters. Where in doubt it hides: a lost word is cheaper
 * than a lost secret.
 */
export function redactText(text: string): string {
  if (!isSuspicious.test(text)) return text
  return afterNames(
    text.replace(CREDENTIALS, `$1:${CENSORED}@`).replace(PARAMETERS, `$1${CENSORED}`).replace(BEARER, `$1${CENSORED}`),
  )
}

function afterNames(text: string): string {
  let result = ''
  let from = 0
  for (const { index, 0: part } of text.matchAll(parts)) {
    if (index < from) continue
    const begin = nameBegin(text, index)
    const end = nameEnd(text, index + part.length)
    const secrecy = secrecyOf(text.slice(begin, end).replace(/^-+/, ''))
    if (secrecy === 'shown') continue
    const value = valueAfter(text, end, text.startsWith('--', begin))
    if (value === undefined) continue
    const shown = text.slice(value.begin, value.end)
    if (isHarmless(shown, secrecy === 'numbers')) continue
    result += `${text.slice(from, value.begin)}${value.quote}${CENSORED}${value.quote}`
    from = value.end
  }
  return from === 0 ? text : result + text.slice(from)
}

function isHarmless(value: string, showsNumbers: boolean): boolean {
  if (value === CENSORED || /^(?:true|false|null|undefined)$/.test(value)) return true
  return showsNumbers && (NUMBER.test(value) || /^[[{][^"'`]*[\]}]$/.test(value))
}

const isOfName = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code === 45

function nameBegin(text: string, index: number): number {
  let begin = index
  while (begin > 0 && index - begin < MOST_OF_A_NAME && isOfName(text.charCodeAt(begin - 1))) begin--
  return begin
}

function nameEnd(text: string, index: number): number {
  let end = index
  while (end < text.length && end - index < MOST_OF_A_NAME && isOfName(text.charCodeAt(end))) end++
  return end
}

/** Of an instance of a class: after its name, the bracket before what it holds. */
const INSTANCE = /(?:\(\d+\))? ?[[{(]/y

/** Where a value is in a text, and what is to enclose what takes its place. */
interface Place {
  readonly begin: number
  readonly end: number
  readonly quote: string
}

/** Where the value of the name that ends at `end` is; undefined where none follows. */
function valueAfter(text: string, end: number, isOption: boolean): Place | undefined {
  let separator = match(SEPARATOR, text, end)
  if (separator === null && isOption) separator = match(BLANK, text, end)
  if (separator === null) return undefined
  const begin = end + separator[0].length
  const quotedName = separator[1] ?? ''
  if (text.startsWith(CENSORED, begin)) return undefined
  const quoted = match(QUOTED, text, begin)
  if (quoted !== null) return { begin, end: begin + quoted[0].length, quote: quoted[1] ?? '' }
  if ('[{<'.includes(text[begin] ?? ' ')) return { begin, end: closing(text, begin), quote: quotedName }
  const bare = match(BARE, text, begin)
  // `job "refresh-token": it failed` is not a value of that name.
  if (bare === null || (quotedName !== '' && /^[a-z]/i.test(bare[0]))) return undefined
  const after = begin + bare[0].length
  const opens = /^[A-Z]/.test(bare[0]) ? match(INSTANCE, text, after) : null
  return { begin, end: opens === null ? after : closing(text, after + opens[0].length - 1), quote: quotedName }
}

/** The end of what a bracket opens, at most 2,000 characters on. */
function closing(text: string, begin: number): number {
  const limit = Math.min(text.length, begin + 2000)
  let depth = 0
  for (let index = begin; index < limit; index++) {
    const character = text[index] ?? ''
    if ('[{(<'.includes(character)) depth++
    else if (']})>'.includes(character) && --depth === 0) return index + 1
  }
  return limit
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
