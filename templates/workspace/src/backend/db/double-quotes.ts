import { tokens } from './placeholders.js'

/**
 * SQLite's own rule for double quotes, for builds of it that have the rule turned off: a name in double quotes that is
 * not the name of a column is a string, so that `datetime("now")` works. (https://sqlite.org/quirks.html#dblquote)
 *
 * `prepare` is tried first with the statement as it is written. Only where it fails for want of a column, those names
 * in double quotes that cannot be resolved become strings, and no other: the smallest change with which it succeeds.
 */
export function prepareWithStrings<Statement>(sql: string, prepare: (sql: string) => Statement): Statement {
  let pieces = [...tokens(sql, 'sqlite')]
  for (;;) {
    const outcome = attempt(() => prepare(pieces.join('')))
    if ('statement' in outcome) return outcome.statement
    const column = missingColumn(outcome.error)
    const places = column === null ? [] : pieces.flatMap((piece, index) => (nameIn(piece) === column ? [index] : []))
    const isStillMissing = (strings: ReadonlySet<number>): boolean => {
      const tried = attempt(() => prepare(quoted(pieces, strings)))
      return 'error' in tried && missingColumn(tried.error) === column
    }
    const strings = new Set(places)
    // Where it is missing without them too, the statement names it without double quotes, or as `table."column"`.
    if (strings.size === 0 || isStillMissing(strings)) throw outcome.error
    for (const place of places) {
      strings.delete(place)
      if (isStillMissing(strings)) strings.add(place)
    }
    const changed = quoted(pieces, strings)
    pieces = [...tokens(changed, 'sqlite')]
  }
}

function attempt<Statement>(work: () => Statement): { statement: Statement } | { error: unknown } {
  try {
    return { statement: work() }
  } catch (error) {
    return { error }
  }
}

/** The column that a statement asks for and that is not there, without its quotes; null for any other error. */
function missingColumn(error: unknown): string | null {
  return error instanceof Error ? (/no such column: (.*)$/s.exec(error.message)?.[1] ?? null) : null
}

/** The name in double quotes; null for any other piece of a statement. */
function nameIn(piece: string): string | null {
  return piece.startsWith('"') ? piece.slice(1, -1).replaceAll('""', '"') : null
}

function quoted(pieces: readonly string[], strings: ReadonlySet<number>): string {
  return pieces
    .map((piece, index) => (strings.has(index) ? `'${(nameIn(piece) ?? '').replaceAll("'", "''")}'` : piece))
    .join('')
}
