const known = new Map<string, string>()

/** Writes `?` as `$1`, `$2`, ... (and `?7` as `$7`), leaving texts, quoted names and comments as they are. */
export function numbered(sql: string): string {
  let text = known.get(sql)
  if (text === undefined) {
    let count = 0
    text = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?\d*/g, (part) =>
      part.startsWith('?') ? `$${part.length > 1 ? part.slice(1) : ++count}` : part,
    )
    if (known.size < 500) known.set(sql, text)
  }
  return text
}
