import type { Row, Script, SqlValue } from '../transaction-script.ts'
import type { Dialect } from './dialect.ts'

/** What a row of history takes over from its open one as it is. */
const KEPT = [
  ...['id', 'job', 'schedule_key', 'scheduled_for', 'tenant', '"trigger"', 'lock_kind', 'queue', 'attempt'],
  ...['max_attempts', 'recover_limit', 'args', 'after_jobs', 'queued_at', 'started_at', 'cancel_requested_at'],
  ...['parent_id', 'progress_percent', 'progress_message', 'skipped_from', 'trace_context', 'asked_by'],
]
const CHILD = `case when o.parent_id is not null and o.tenant <> '' then 1 else 0 end`

export interface Move {
  /** A set of rows, read as "v"; null for none. Its parameters come first. */
  readonly from: string | null
  /** Which rows of job_open, as "o", move; at least by their id. */
  readonly where: string
  /** What the other columns of history become, of "o" and "v". */
  readonly values: Readonly<Record<string, string>>
}

/** The statement that writes rows of history from "o", and the set of rows "v". */
export function insertIntoHistory(values: Readonly<Record<string, string>>, from: string): string {
  return `insert into job_history (${[...KEPT, 'priority', 'child', ...Object.keys(values)].join(', ')})
    select ${KEPT.map((column) => `o.${column}`).join(', ')}, 0 - o.rank, ${CHILD}, ${Object.values(values).join(', ')}
    from ${from}`
}

/** Makes what moves rows from job_open to job_history; it returns id, job, tenant, followed and keyed of those that did. */
export function moving(dialect: Dialect, move: Move): (parameters: readonly SqlValue[]) => Script<readonly Row[]> {
  return dialect === 'sqlite' ? movingInSqlite(move) : movingInPostgres(move)
}

function movingInSqlite({ from, where, values }: Move): (parameters: readonly SqlValue[]) => Script<readonly Row[]> {
  const source = from === null ? 'job_open o' : `${from} v cross join job_open o`
  const sql = {
    found: `select o.id, o.job, o.tenant, o.followed, o.dedup_key is not null as keyed from ${source} where ${where}`,
    insert: `${insertIntoHistory(values, source)} where ${where}`,
    remove: `delete from job_open where id in (select value from json_each(?))`,
  }
  return function* (parameters) {
    const found = yield { sql: sql.found, parameters }
    if (found.length === 0) return found
    yield { sql: sql.insert, parameters, isBlind: true }
    yield { sql: sql.remove, parameters: [JSON.stringify(found.map(({ id }) => id))], isBlind: true }
    return found
  }
}

/** One statement: no moment in which a row is in both tables, or in none. */
function movingInPostgres({ from, where, values }: Move): (parameters: readonly SqlValue[]) => Script<readonly Row[]> {
  const columns = Object.keys(values)
  const ends = Object.fromEntries(columns.map((column) => [column, `o.to_${column}`]))
  const sql = `with gone as (
      delete from job_open o ${from === null ? '' : `using ${from} v`} where ${where}
      returning o.*, ${columns.map((column) => `${values[column]} as to_${column}`).join(', ')}),
    kept as (${insertIntoHistory(ends, 'gone o')})
    select id, job, tenant, followed, (dedup_key is not null)::int as keyed from gone`
  return (parameters) => statement(sql, parameters)
}

function* statement(sql: string, parameters: readonly SqlValue[]): Script<readonly Row[]> {
  return yield { sql, parameters }
}
