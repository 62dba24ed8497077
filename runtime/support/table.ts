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
  const all = [columns.map(({ title }) => title), ...rows]
  // One look at everything: mostly a cell is as wide as it is long, and a long table has to come at once.
  const isPlain = PRINTABLE_ASCII.test(String(all))
  const cells = isPlain ? all : all.map((row) => row.map(visible))
  const widthOf = isPlain ? (cell: string): number => cell.length : textWidth
  const count = columns.length
  const widest: number[] = columns.map(() => 0)
  for (const row of cells) {
    for (let index = 0; index < count; index++) {
      const width = widthOf(row[index] ?? '')
      if (width > (widest[index] ?? 0)) widest[index] = width
    }
  }
  const blanks: string[] = []
  const blank = (length: number): string => {
    blanks[length] ??= ' '.repeat(length)
    return blanks[length]
  }
  // One list of all texts, joined once: a string for each line, made to be part of another, takes three times as long.
  const texts: string[] = []
  for (const row of cells) {
    let last = count - 1
    while (last > 0 && (row[last] ?? '').trimEnd() === '') last--
    for (let index = 0; index <= last; index++) {
      const cell = row[index] ?? ''
      const space = (widest[index] ?? 0) - widthOf(cell)
      if (columns[index]?.align === 'right') texts.push(blank(space), cell, index === last ? '' : GAP)
      else if (index === last) texts.push(cell.trimEnd())
      else texts.push(cell, blank(space + GAP.length))
    }
    texts.push('\n')
  }
  const table = texts.join('')
  return options.color === true ? table.replace('\n', '\x1b[22m\n').replace(/^/, '\x1b[1m') : table
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
