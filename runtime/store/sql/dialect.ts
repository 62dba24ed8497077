import type { SqlValue, Statement } from '../steps.ts'

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

export function setOf(rows: readonly (readonly SqlValue[])[]): string {
  return JSON.stringify(rows)
}

/** Ends a select whose rows are about to be decided upon. SQLite's writers are alone anyway. */
export function locking(dialect: Dialect, mode: 'wait' | 'skip', of = ''): string {
  if (dialect === 'sqlite') return ''
  return ` for update${of === '' ? '' : ` of ${of}`}${mode === 'skip' ? ' skip locked' : ''}`
}

/** Row counts of the multi-row inserts: few, so that each one's statement is prepared once. */
const CHUNKS = [100, 25, 5, 1]

/** The statements that insert these rows; `tail` ends each (`on conflict ...`). */
export function* inserts(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  tail = '',
): Generator<Statement> {
  const row = `(${columns.map(() => '?').join(', ')})`
  let from = 0
  for (const size of CHUNKS) {
    for (; rows.length - from >= size; from += size) {
      const values = size === 1 ? row : insertValues(row, size)
      yield {
        sql: `insert into ${table} (${columns.join(', ')}) values ${values} ${tail}`,
        parameters: rows.slice(from, from + size).flat(),
      }
    }
  }
}

function insertValues(row: string, size: number): string {
  return Array(size).fill(row).join(', ')
}
