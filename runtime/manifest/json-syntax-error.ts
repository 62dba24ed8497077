import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { messageOf } from '../support/errors.ts'

/**
 * `LINE:COLUMN: what is wrong` of a text that JSON.parse refused. Node says where only in some cases and words it
 * differently in each version; a parser that keeps positions says it always.
 */
export function describeJsonError(text: string, thrown: unknown): string {
  const errors: ParseError[] = []
  parse(text, errors, { disallowComments: true, allowTrailingComma: false })
  const first = errors[0]
  if (first === undefined) return `1:1: ${messageOf(thrown)}`
  const before = text.slice(0, first.offset)
  const line = before.split('\n').length
  const column = first.offset - before.lastIndexOf('\n')
  const words = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return `${line}:${column}: broken JSON (${words})`
}
