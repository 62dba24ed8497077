const known = new Map<string, string>()

/** Writes `?` as `$1`, `$2`, ..., leaving texts, quoted names and comments as they are. */
export function numbered(sql: string): string {
  let text = known.get(sql)
  if (text === undefined) {
    let count = 0
    text = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g, (part) =>
      part === '?' ? `$${++count}` : part,
    )
    if (known.size < 500) known.set(sql, text)
  }
  return text
}
