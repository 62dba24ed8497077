import { FieldText } from './field-text.ts'

/** The words of a stretch of text, between any white space, without copying them. */
export function wordsOf(source: string, start = 0, end = source.length): FieldText[] {
  const words: FieldText[] = []
  let from = -1
  for (let at = start; at < end; at++) {
    const code = source.charCodeAt(at)
    if (code <= 32 || code > 126 ? isSpace(code) : false) {
      if (from >= 0) words.push(new FieldText(source, from, at))
      from = -1
    } else if (from < 0) from = at
  }
  if (from >= 0) words.push(new FieldText(source, from, end))
  return words
}

/** White space as `String.prototype.trim` sees it. */
export function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13)
  return String.fromCharCode(code).trim() === ''
}
