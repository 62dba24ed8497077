/*
 * Texts come from the code of jobs: an error may quote half of an emoji, or a NUL. No database keeps these: half a pair
 * has no form in UTF-8, and libsql ends the process that reads one back; PostgreSQL's texts hold no NUL.
 */

const REPLACEMENT = '\ufffd'

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

const storable = (text: string): string => text.toWellFormed().replaceAll('\0', REPLACEMENT)

/** Values as they can be bound to a statement; the same array where all of them can be, as is nearly always so. */
export function storableValues<Value>(values: readonly Value[]): readonly (Value | string)[] {
  for (const value of values) {
    if (typeof value === 'string' && !isStorable(value)) {
      return values.map((each) => (typeof each === 'string' ? storable(each) : each))
    }
  }
  return values
}

/** How JSON writes what can't be stored; also an innocent text that only looks like it. */
const SUSPECT = /\\u(?:0000|d[89a-f])/i

/** JSON whose texts can all be stored when the database takes them out of it. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!SUSPECT.test(json)) return json
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? storable(each) : each))
}
