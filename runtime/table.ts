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
  const last = columns.length - 1
  const widths = columns.map(({ title }) => textWidth(title))
  const table = rows.map((row) =>
    columns.map((_, index) => {
      const text = visible(row[index] ?? '')
      const width = textWidth(text)
      if (width > (widths[index] ?? 0)) widths[index] = width
      return { text, width }
    }),
  )
  const line = (row: readonly Cell[]): string => {
    let line = ''
    for (let index = 0; index <= last; index++) {
      const { text, width } = row[index] ?? EMPTY
      const room = (widths[index] ?? 0) - width
      if (index > 0) line += GAP
      if (columns[index]?.align === 'right') line += ' '.repeat(room) + text
      else line += index === last || room === 0 ? text : text + ' '.repeat(room)
    }
    return line.trimEnd()
  }
  const titles = line(columns.map(({ title }) => ({ text: title, width: textWidth(title) })))
  let text = options.color === true ? `\x1b[1m${titles}\x1b[22m\n` : `${titles}\n`
  for (const row of table) text += `${line(row)}\n`
  return text
}

interface Cell {
  readonly text: string
  /** Columns it takes on a terminal. */
  readonly width: number
}

const EMPTY: Cell = { text: '', width: 0 }

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
const COLOUR = /\x1b\[[\d;]*m/g

/** `text` with everything that a terminal would obey instead of show, but for colours, turned into spaces. */
function visible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text
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
