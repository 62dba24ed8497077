/** A place in a file: its line from 1, its column from 1. */
export interface FilePlace {
  readonly line: number
  readonly column: number
}

/** Where something was written. */
export interface SourcePlace extends FilePlace {
  /** As the map has it: relative to the map, `/` between folders. */
  readonly source: string
}

/**
 * Where places of a built file were written, by the text of its source map (https://tc39.es/ecma426/). Null for those that
 * it doesn't know. Only the segments up to the last place are read, and none is kept: beside Node's own reader, which
 * makes an object of each, a map of 1 MB costs a tenth of the memory (`npm run bench -- startup` loads none at all).
 */
export function sourcePlaces(map: string, places: readonly FilePlace[]): (SourcePlace | null)[] {
  const {
    mappings,
    sources,
    sourceRoot = '',
  }: { mappings: string; sources: string[]; sourceRoot?: string } = JSON.parse(map)
  const wanted = new Map<number, number[]>()
  for (const [index, { line }] of places.entries()) wanted.set(line, [...(wanted.get(line) ?? []), index])
  const found: (SourcePlace | null)[] = places.map(() => null)
  const last = Math.max(0, ...wanted.keys())
  const reader = new Segments(mappings)
  for (let line = 1; line <= last && !reader.isDone; line++) {
    const here = wanted.get(line) ?? []
    while (reader.next()) {
      const source = sources[reader.source]
      if (source === undefined) continue
      const place = { source: sourceRoot + source, line: reader.line + 1, column: reader.column + 1 }
      // The last segment that begins at or before a place is the one that it lies in.
      for (const index of here) if (reader.generated < (places[index]?.column ?? 0)) found[index] = place
    }
  }
  return found
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Int8Array(128).fill(-1)
for (let index = 0; index < DIGITS.length; index++) VALUES[DIGITS.charCodeAt(index)] = index

const SEMICOLON = 59
const COMMA = 44

/** Reads one segment after the other: what it says is relative to the one before. */
class Segments {
  /** Column in the built file, from 0. */
  generated = 0
  source = 0
  line = 0
  column = 0
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length
  }

  /** False at the end of a line, after which the next one begins. */
  next(): boolean {
    if (this.#text.charCodeAt(this.#at) === COMMA) this.#at++
    if (this.isDone) return false
    if (this.#text.charCodeAt(this.#at) === SEMICOLON) {
      this.#at++
      this.generated = 0
      return false
    }
    this.generated += this.#number()
    if (this.#isInSegment()) {
      this.source += this.#number()
      this.line += this.#number()
      this.column += this.#number()
    }
    // The index of a name, which nothing here asks for.
    if (this.#isInSegment()) this.#number()
    return true
  }

  #isInSegment(): boolean {
    const code = this.#text.charCodeAt(this.#at)
    return !this.isDone && code !== COMMA && code !== SEMICOLON
  }

  /** A number in base 64, five bits a digit, its sign in the lowest bit. */
  #number(): number {
    let value = 0
    for (let shift = 0; ; shift += 5) {
      const digit = VALUES[this.#text.charCodeAt(this.#at++)] ?? -1
      if (digit < 0) throw new SyntaxError(`the source map has no valid mapping at ${this.#at}`)
      value += (digit & 31) << shift
      if ((digit & 32) === 0) return value & 1 ? -(value >> 1) : value >> 1
    }
  }
}
