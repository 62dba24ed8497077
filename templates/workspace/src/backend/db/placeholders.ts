type Dialect = 'sqlite' | 'postgres'

/**
 * Gives a statement its parameters: `?` becomes `$1`, `$2`, ... for PostgreSQL; `in (?)` takes an array, item by item;
 * `??` becomes a plain `?`. Question marks in quotes and comments stay. Throws where the counts don't agree.
 */
export function bind(
  sql: string,
  parameters: readonly unknown[],
  dialect: Dialect,
): { sql: string; parameters: unknown[] } {
  const bound: unknown[] = []
  let text = ''
  let used = 0
  const place = (value: unknown): string => {
    bound.push(value)
    return dialect === 'postgres' ? `$${bound.length}` : '?'
  }
  for (const token of tokens(sql, dialect)) {
    if (token === '??') text += '?'
    else if (token === '?') text += place(parameters[used++])
    else if (IN_LIST.test(token)) text += expand(token, parameters[used++], dialect, place)
    else text += token
  }
  if (used !== parameters.length) {
    throw new RangeError(`the statement has ${used} placeholders and was given ${parameters.length} parameters`)
  }
  return { sql: text, parameters: bound }
}

const IN_LIST = /^(not\s+)?in\s*\(\s*\?\s*\)$/i

function expand(token: string, value: unknown, dialect: Dialect, place: (value: unknown) => string): string {
  if (!Array.isArray(value)) return token.replace('?', () => place(value))
  if (value.length > 0) return token.replace('?', () => value.map(place).join(', '))
  const isNegated = /^not/i.test(token)
  // PostgreSQL has no empty list, but compares with an empty array, whose type it takes from the other side.
  if (dialect === 'postgres') return isNegated ? `<> all(${place([])})` : `= any(${place([])})`
  return isNegated ? 'not in ()' : 'in ()'
}

/** What is read as one piece, by dialect: quotes and comments, `in (?)`, and placeholders. */
const COMMON = [
  `'(?:[^']|'')*(?:'|$)`,
  `"(?:[^"]|"")*"`,
  String.raw`--[^\n]*`,
  String.raw`\b(?:not\s+)?in\s*\(\s*\?\s*\)`,
  String.raw`\?\??`,
]
const PIECES: Readonly<Record<Dialect, RegExp>> = {
  sqlite: new RegExp(
    [...COMMON, String.raw`/\*[\s\S]*?(?:\*/|$)`, '`(?:[^`]|``)*`', String.raw`\[[^\]]*\]`].join('|'),
    'gi',
  ),
  postgres: new RegExp(
    [
      String.raw`\be'(?:[^'\\]|''|\\[\s\S])*'`,
      String.raw`(?<![\w$])(\$(?:[a-z_]\w*)?\$)[\s\S]*?\1`,
      ...COMMON,
      String.raw`/\*`,
    ].join('|'),
    'gi',
  ),
}

/** Cuts a statement into pieces that join to the same text again. */
export function* tokens(sql: string, dialect: Dialect): Generator<string> {
  const pieces = PIECES[dialect]
  let at = 0
  while (at < sql.length) {
    pieces.lastIndex = at
    const match = pieces.exec(sql)
    if (match === null) break
    yield sql.slice(at, match.index)
    // PostgreSQL's comments nest, which no regular expression can follow.
    at = match[0] === '/*' ? endOfComment(sql, match.index) : match.index + match[0].length
    yield sql.slice(match.index, at)
  }
  yield sql.slice(at)
}

function endOfComment(sql: string, start: number): number {
  let depth = 0
  for (let at = start; at < sql.length; at++) {
    const pair = sql.slice(at, at + 2)
    if (pair === '/*') depth++
    else if (pair === '*/') depth--
    else continue
    at++
    if (depth === 0) return at + 1
  }
  return sql.length
}
