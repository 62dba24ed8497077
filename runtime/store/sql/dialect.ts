import type { Script, SqlValue } from '../transaction-script.ts'
import { storableJson } from './storable-text.ts'

export type Dialect = 'sqlite' | 'postgres'

/** `id`: a UUID, which PostgreSQL keeps as such. */
export type ColumnType = 'id' | 'text' | 'integer' | 'real'

const POSTGRES_TYPES = { id: 'uuid', text: 'text', integer: 'bigint', real: 'double precision' } as const

/** A set of rows passed at once: one statement then does for many rows what would else take one each. */
export interface RowSet {
  /** Read it as a table. */
  readonly sql: string
  /** The parameters of `sql`. */
  of(rows: readonly (readonly SqlValue[])[]): SqlValue[]
}

/**
 * In SQLite one parameter, an array of arrays in JSON; in PostgreSQL an array for each column, which its planner takes
 * for a few rows, as they are.
 */
export function rowSet(dialect: Dialect, columns: Readonly<Record<string, ColumnType>>): RowSet {
  const names = Object.keys(columns)
  if (dialect === 'sqlite') {
    const fields = names.map((name, position) => `value ->> ${position} as ${name}`)
    return { sql: `(select ${fields.join(', ')} from json_each(?))`, of: (rows) => [storableJson(rows)] }
  }
  const arrays = Object.values(columns).map((type) => `?::${POSTGRES_TYPES[type]}[]`)
  return {
    sql: `(select * from unnest(${arrays.join(', ')}) as rows(${names.join(', ')}))`,
    of: (rows) => names.map((_, position) => arrayText(rows.map((row) => row[position] ?? null))),
  }
}

/** A set of values of one type: `where x in (select ...)` in SQLite, `= any(...)` in PostgreSQL. */
export interface ValueSet {
  readonly isAmong: string
  of(values: readonly SqlValue[]): SqlValue
}

export function valueSet(dialect: Dialect, type: ColumnType): ValueSet {
  return dialect === 'sqlite'
    ? { isAmong: 'in (select value from json_each(?))', of: storableJson }
    : { isAmong: `= any(?::${POSTGRES_TYPES[type]}[])`, of: arrayText }
}

/** An array as PostgreSQL reads it. */
export function arrayText(values: readonly SqlValue[]): string {
  return `{${values.map(elementText).join()}}`
}

function elementText(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return String(value)
  if (PLAIN.test(value)) return value
  return /["\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`
}

/** Needs no quotes in an array: ids, keys and most names; "null" would be one. */
const PLAIN = /^(?!null$)[\w:-]+$/i

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** Those that can be ids at all: PostgreSQL refuses a statement for any other text. */
export function idsAmong(texts: readonly string[]): readonly string[] {
  return texts.every((text) => UUID.test(text)) ? texts : texts.filter((text) => UUID.test(text))
}

/**
 * Joins the rows of a table that belong to each row of a set, as "e": always by its index, one row of the set after the
 * other, whatever PostgreSQL's statistics say of the table.
 */
export function probing(dialect: Dialect, table: string, where: string): string {
  return dialect === 'sqlite'
    ? `cross join ${table} e on ${where}`
    : `cross join lateral (select * from ${table} e where ${where} offset 0) e`
}

/** Ends a select whose rows are about to be decided upon. SQLite's writers are alone anyway. */
export function locking(dialect: Dialect, mode: 'wait' | 'skip', of = ''): string {
  if (dialect === 'sqlite') return ''
  return ` for update${of === '' ? '' : ` of ${of}`}${mode === 'skip' ? ' skip locked' : ''}`
}

/** Row counts of SQLite's multi-row inserts: few, so that each one's statement is prepared once. */
const CHUNKS = [100, 25, 5, 1]

/** Makes the statements that insert rows into a table; each row has a value for each column. */
export type Inserter = (rows: readonly (readonly SqlValue[])[]) => Script<void>

/** `tail` ends each statement (`on conflict ...`). */
export function inserter(
  dialect: Dialect,
  table: string,
  columns: Readonly<Record<string, ColumnType>>,
  tail = '',
): Inserter {
  const insert = sharingInserter(dialect, table, {}, columns, tail)
  return (rows) => insert([], rows)
}

/** Ends an insert whose rows take the place of those that have the same key. */
export function updating(columns: readonly string[], key: readonly string[]): string {
  const others = columns.filter((column) => !key.includes(column))
  return `on conflict (${key.join(', ')}) do update set ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`
}

/** Like an Inserter, for rows that have some values in common: these are passed once for many rows. */
export type SharingInserter = (shared: readonly SqlValue[], rows: readonly (readonly SqlValue[])[]) => Script<void>

export function sharingInserter(
  dialect: Dialect,
  table: string,
  shared: Readonly<Record<string, ColumnType>>,
  columns: Readonly<Record<string, ColumnType>>,
  tail = '',
): SharingInserter {
  const names = [...Object.keys(shared), ...Object.keys(columns)]
  const head = `insert into ${table} (${names.join(', ')})`
  return dialect === 'sqlite'
    ? insertValues(head, Object.keys(shared).length, Object.keys(columns).length, tail)
    : insertArrays(head, shared, columns, tail)
}

/** One statement for any number of rows. */
function insertArrays(
  head: string,
  shared: Readonly<Record<string, ColumnType>>,
  columns: Readonly<Record<string, ColumnType>>,
  tail: string,
): SharingInserter {
  const set = rowSet('postgres', Object.fromEntries(Object.entries(columns).map(([, type], n) => [`c${n}`, type])))
  const common = Object.values(shared).map((type) => `?::${POSTGRES_TYPES[type]}`)
  const own = Object.keys(columns).map((_, n) => `v.c${n}`)
  const sql = `${head} select ${[...common, ...own].join(', ')} from ${set.sql} v ${tail}`
  return function* (common, rows) {
    if (rows.length > 0) yield { sql, parameters: [...common, ...set.of(rows)], isBlind: true }
  }
}

function insertValues(head: string, shared: number, own: number, tail: string): SharingInserter {
  const row = (place: number): string => {
    const values = Array.from({ length: own }, (_, column) => `?${shared + place * own + column + 1}`)
    return `(${[...Array.from({ length: shared }, (_, column) => `?${column + 1}`), ...values].join(', ')})`
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
        yield { sql: textFor(size), parameters, isBlind: true }
      }
    }
  }
}
