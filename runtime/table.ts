/** A column of a table; the last one is not padded. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  /** Titles in bold; only for a terminal. */
  readonly color?: boolean
}

const GAP = '  '

/**
 * Plain text in aligned columns, a title row first, one line a row, each with a line feed. Cells are measured as a
 * terminal shows them; control characters, which could move the cursor or fake lines, are shown as spaces. Colours
 * inside cells (SGR sequences) are kept and take no room.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const count = columns.length
  // All cells in a row, title row first, as two flat lists: a long table has to come at once.
  const texts: string[] = []
  const widths: number[] = []
  const add = (cell: string): void => {
    const isPlain = PRINTABLE_ASCII.test(cell)
    const text = isPlain ? cell : visible(cell)
    texts.push(text)
    widths.push(isPlain ? cell.length : textWidth(text))
  }
  for (const { title } of columns) add(title)
  for (const row of rows) for (let index = 0; index < count; index++) add(row[index] ?? '')
  const widest = columns.map((_, index) => {
    let most = 0
    for (let at = index; at < widths.length; at += count) most = Math.max(most, widths[at] ?? 0)
    return most
  })
  const line = (start: number): string => {
    // Nothing is padded behind the last text, so that no line has to be trimmed: that took a third of a long list.
    let last = count - 1
    while (last > 0 && texts[start + last]?.trimEnd() === '') last--
    let line = ''
    for (let index = 0; index <= last; index++) {
      const cell = texts[start + index] ?? ''
      const text = index === last ? cell.trimEnd() : cell
      const space = (widest[index] ?? 0) - (widths[start + index] ?? 0)
      if (index > 0) line += GAP
      if (columns[index]?.align === 'right') line += ' '.repeat(space) + text
      else line += index === last || space === 0 ? text : text + ' '.repeat(space)
    }
    return line
  }
  const lines = [options.color === true ? `\x1b[1m${line(0)}\x1b[22m` : line(0)]
  for (let start = count; start < texts.length; start += count) lines.push(line(start))
  return `${lines.join('\n')}\n`
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
const COLOUR = /\x1b\[[\d;]*m/g

/** `text` with everything that a terminal would obey instead of show, but for colours, turned into spaces. */
function visible(text: string): string {
  return text.replace(/\x1b(?!\[[\d;]*m)|[\x00-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
}

/** Columns that a terminal needs for `text`: two for East Asian wide characters and emoji, none for combining marks. */
export function textWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter().segment(text.replace(COLOUR, ''))) width += clusterWidth(segment)
  return width
}

let shared: Intl.Segmenter | undefined
function segmenter(): Intl.Segmenter {
  shared ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return shared
}

/** Unicode's East Asian Width W and F, in the ranges that matter. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^[\u{20000}-\u{3fffd}]/u

function clusterWidth(cluster: string): number {
  if (/^\p{Mark}/u.test(cluster) || /^\p{Default_Ignorable_Code_Point}/u.test(cluster)) return 0
  return WIDE.test(cluster) || /^\p{Emoji_Presentation}/u.test(cluster) || cluster.includes('\ufe0f') ? 2 : 1
}
