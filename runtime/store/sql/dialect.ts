import type { Script, SqlValue } from '../transaction-script.ts'
import { storableJson } from './storable-text.ts'

export type Dialect = 'sqlite' | 'postgres'

type ColumnType = 'text' | 'integer' | 'real'

/**
 * A set of rows handed over as one parameter (JSON, an array of arrays): one statement then does for many rows what
 * would else take one each. Read it as a table with these columns.
 */
export function set(dialect: Dialect, columns: Readonly<Record<string, ColumnType>>): string {
  const types = { text: 'text', integer: 'bigint', real: 'double precision' } as const
  const fields = Object.entries(columns).map(([name, type], position) =>
    dialect === 'sqlite' ? `value ->> ${position} as ${name}` : `(value ->> ${position})::${types[type]} as ${name}`,
  )
  const source = dialect === 'sqlite' ? 'json_each(?)' : 'jsonb_array_elements(?::jsonb) as element(value)'
  return `(select ${fields.join(', ')} from ${source})`
}

/** Instants by id, handed over as one JSON object: cheaper to read than an array of arrays. Read it as (id, at). */
export function instants(dialect: Dialect): string {
  return dialect === 'sqlite'
    ? '(select key as id, value as at from json_each(?))'
    : '(select key as id, value::bigint as at from jsonb_each_text(?::jsonb))'
}

export function setOf(rows: readonly (readonly SqlValue[])[]): string {
  return storableJson(rows)
}

/** Ends a select whose rows are about to be decided upon. SQLite's writers are alone anyway. */
export function locking(dialect: Dialect, mode: 'wait' | 'skip', of = ''): string {
  if (dialect === 'sqlite') return ''
  return ` for update${of === '' ? '' : ` of ${of}`}${mode === 'skip' ? ' skip locked' : ''}`
}

/** Row counts of the multi-row inserts: few, so that each one's statement is prepared once. */
const CHUNKS = [100, 25, 5, 1]

/** Makes the statements that insert rows into a table; each row has a value for each column. */
export type Inserter = (rows: readonly (readonly SqlValue[])[]) => Script<void>

/** `tail` ends each statement (`on conflict ...`). */
export function inserter(table: string, columns: readonly string[], tail = ''): Inserter {
  const insert = sharingInserter(table, [], columns, tail)
  return (rows) => insert([], rows)
}

/** Like an Inserter, for rows that have some values in common: these are handed over once for many rows. */
export type SharingInserter = (shared: readonly SqlValue[], rows: readonly (readonly SqlValue[])[]) => Script<void>

export function sharingInserter(
  table: string,
  shared: readonly string[],
  columns: readonly string[],
  tail = '',
): SharingInserter {
  const head = `insert into ${table} (${[...shared, ...columns].join(', ')})`
  const row = (place: number): string => {
    const own = columns.map((_, column) => `?${shared.length + place * columns.length + column + 1}`)
    return `(${[...shared.map((_, column) => `?${column + 1}`), ...own].join(', ')})`
  }
  // Each is written when it is first needed: most processes run one job and insert no hundred rows.
  const texts = new Map<number, string>()
  const textFor = (size: number): string => {
    const text =
      texts.get(size) ?? `${head} values ${Array.from({ length: size }, (_, at) => row(at)).join(', ')} ${tail}`
    texts.set(size, text)
    return text
  }
  return function* (common, rows) {
    let from = 0
    for (const size of CHUNKS) {
      for (; rows.length - from >= size; from += size) {
        const parameters = [...common]
        for (let place = from; place < from + size; place++) parameters.push(...(rows[place] ?? []))
        yield { sql: textFor(size), parameters }
      }
    }
  }
}
