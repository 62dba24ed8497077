import type { Dialect } from '../sql/dialect.ts'

/** Types that differ between the dialects, and what ends the definition of a table. */
export interface ColumnTypes {
  readonly id: string
  readonly small: string
  readonly real: string
  /** Of a table that is found by its primary key: in SQLite the table is its own index then. */
  readonly keyed: string
  /** Of a table whose rows are updated all the time: PostgreSQL leaves room for that on each page. */
  readonly hot: string
}

export function columnTypes(dialect: Dialect): ColumnTypes {
  return dialect === 'sqlite'
    ? { id: 'text', small: 'integer', real: 'real', keyed: ' without rowid', hot: ' without rowid' }
    : { id: 'uuid', small: 'smallint', real: 'double precision', keyed: '', hot: ' with (fillfactor = 50)' }
}
