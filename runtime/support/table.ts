/** A column of a table; the last one is not padded. What follows `align` says what to do where the table is too wide. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** A shorter text for a cell. Tried first. */
  readonly short?: (cell: string) => string
  /** The column may be left out; of several, the one with the highest number goes first. Tried where cutting is not enough. */
  readonly optional?: number
  /** Cells may be cut to this many characters, the last of them an ellipsis; further only where all else fails. */
  readonly least?: number
}

export interface TableOptions {
  /** Titles in bold; only for a terminal. */
  readonly color?: boolean
  /** Columns of the terminal; undefined where there is none, and then nothing is shortened. */
  readonly width?: number | undefined
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
  const { width } = options
  const widest = columnWidths(columns, cells, isPlain)
  if (width === undefined || totalWidth(widest) <= width) return laidOut(columns, cells, widest, isPlain, options)
  const fitted = fit(columns, cells, width)
  return laidOut(fitted.columns, fitted.cells, columnWidths(fitted.columns, fitted.cells, false), false, options)
}

type Cells = readonly (readonly string[])[]

function columnWidths(columns: readonly Column[], cells: Cells, isPlain: boolean): number[] {
  const widest: number[] = columns.map(() => 0)
  for (const row of cells) {
    for (let index = 0; index < columns.length; index++) {
      const cell = row[index] ?? ''
      const width = isPlain ? cell.length : textWidth(cell)
      if (width > (widest[index] ?? 0)) widest[index] = width
    }
  }
  return widest
}

const totalWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))

/** Shortens cells, leaves columns out and cuts cells until the table is at most `width` wide, as far as its columns allow. */
function fit(columns: readonly Column[], cells: Cells, width: number): { columns: readonly Column[]; cells: Cells } {
  let fitted: { columns: readonly Column[]; cells: Cells } = { columns, cells }
  const excess = (): number => totalWidth(columnWidths(fitted.columns, fitted.cells, false)) - width
  const excessWhenCut = (): number =>
    totalWidth(
      columnWidths(fitted.columns, fitted.cells, false).map((own, at) => Math.min(own, leastOf(fitted.columns[at]))),
    ) - width
  for (const [index, { short }] of columns.entries()) {
    if (short === undefined || excess() <= 0) continue
    const shortened = fitted.cells.map((row, line) => (line === 0 ? row : row.with(index, short(row[index] ?? ''))))
    fitted = { columns, cells: shortened }
  }
  const leavable = columns.filter(({ optional }) => optional !== undefined)
  leavable.sort((a, b) => (b.optional ?? 0) - (a.optional ?? 0))
  for (const column of leavable) {
    if (excessWhenCut() <= 0) break
    const index = fitted.columns.indexOf(column)
    const without = (row: readonly string[]): string[] => row.filter((_, at) => at !== index)
    fitted = { columns: fitted.columns.filter((each) => each !== column), cells: fitted.cells.map(without) }
  }
  const widths = columnWidths(fitted.columns, fitted.cells, false)
  for (let rest = totalWidth(widths) - width; rest > 0; rest--) {
    const at = widestOf(widths, fitted.columns, leastOf) ?? widestOf(widths, fitted.columns, stubOf)
    if (at === undefined) break
    widths[at] = (widths[at] ?? 0) - 1
  }
  return { ...fitted, cells: fitted.cells.map((row) => row.map((cell, index) => cutText(cell, widths[index] ?? 0))) }
}

/** What is left of a cell where even cutting to `least` is not enough. */
const STUB = 6

const leastOf = (column: Column | undefined): number => column?.least ?? Number.POSITIVE_INFINITY
const stubOf = (column: Column | undefined): number => (column?.least === undefined ? Number.POSITIVE_INFINITY : STUB)

/** The column that is furthest above what is the least for it; undefined where none is. */
function widestOf(
  widths: readonly number[],
  columns: readonly Column[],
  least: (column: Column | undefined) => number,
): number | undefined {
  let widest: { at: number; room: number } | undefined
  for (const [at, width] of widths.entries()) {
    const room = width - least(columns[at])
    if (room > (widest?.room ?? 0)) widest = { at, room }
  }
  return widest?.at
}

/** `text` in at most `width` columns of a terminal; what is cut ends in an ellipsis. Colours are kept. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ''
  let left = width - 1
  let isCut = false
  for (const part of text.split(/(\x1b\[[\d;]*m)/)) {
    if (part.startsWith('\x1b')) {
      kept += part
      continue
    }
    for (const { segment } of segmenter().segment(part)) {
      left -= clusterWidth(segment)
      if (isCut) break
      if (left >= 0) kept += segment
      else {
        kept = `${kept.trimEnd()}…`
        isCut = true
      }
    }
  }
  return kept
}

function laidOut(
  columns: readonly Column[],
  cells: Cells,
  widest: readonly number[],
  isPlain: boolean,
  options: TableOptions,
): string {
  const widthOf = isPlain ? (cell: string): number => cell.length : textWidth
  const count = columns.length
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
