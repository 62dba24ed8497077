import type { Execution } from '../execution.ts'
import type { ExecutionFilter } from '../job-store.ts'
import type { Row, Script, SqlValue } from '../transaction-script.ts'
import { type Dialect, set, setOf } from './dialect.ts'
import { EXECUTION_COLUMNS, executionOf, text } from './rows.ts'

/** Columns that SQLite would round when it writes them as JSON. */
const REAL: readonly string[] = ['priority', 'progress_percent']
const PACKED = EXECUTION_COLUMNS.filter((column) => !REAL.includes(column))
const PACKED_NAMES = PACKED.map((column) => column.replaceAll('"', ''))

/** The columns of table `e` with all that can be in one text. */
const PACKED_COLUMNS = [
  ...REAL.map((column) => `e.${column}`),
  `json_array(${PACKED.map((column) => `e.${column}`).join(', ')}) as packed`,
].join(', ')

/**
 * The execution of a row of PACKED_COLUMNS: libsql returns columns one by one, at three times the cost of one text
 * (`npm run bench -- durable`).
 */
function packedExecutionOf(row: Row): Execution {
  const whole: Record<string, unknown> = { priority: row.priority, progress_percent: row.progress_percent }
  const values: unknown = JSON.parse(text(row, 'packed'))
  if (Array.isArray(values))
    for (let place = 0; place < values.length; place++) whole[PACKED_NAMES[place] ?? ''] = values[place]
  return executionOf(whole)
}

/** How executions are read as "e". */
export const READ = {
  sqlite: { columns: PACKED_COLUMNS, executionOf: packedExecutionOf },
  postgres: { columns: EXECUTION_COLUMNS.map((column) => `e.${column}`).join(', '), executionOf },
} as const

/** Executions that meet a filter, newest first. */
export function* listExecutions(dialect: Dialect, filter: ExecutionFilter): Script<Execution[]> {
  const conditions: string[] = []
  const parameters: SqlValue[] = []
  const where = (condition: string, parameter: SqlValue): void => {
    conditions.push(condition)
    parameters.push(parameter)
  }
  const among = set(dialect, { item: 'text' })
  const items = (values: readonly string[]): string => setOf(values.map((value) => [value]))
  if (filter.jobs !== undefined) where(`e.job in (select item from ${among} v)`, items(filter.jobs))
  if (filter.statuses !== undefined) where(`e.status in (select item from ${among} v)`, items(filter.statuses))
  if (filter.since !== undefined) where('e.scheduled_for >= ?', filter.since)
  if (filter.until !== undefined) where('e.scheduled_for <= ?', filter.until)
  if (filter.tenant !== undefined) where('e.tenant = ?', filter.tenant)
  if (filter.parentId !== undefined) where('e.parent_id = ?', filter.parentId)
  if (filter.idPrefix !== undefined) where(`substr(e.id, 1, ${filter.idPrefix.length}) = ?`, filter.idPrefix)
  // By length and not by -N: PostgreSQL's substr takes no negative start. An id has 36 characters.
  if (filter.idSuffix !== undefined) where(`substr(e.id, ${37 - filter.idSuffix.length}) = ?`, filter.idSuffix)
  const clause = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const { columns, executionOf } = READ[dialect]
  const sql = `select ${columns} from job_execution e${clause} order by e.scheduled_for desc, e.id desc limit ?`
  return (yield { sql, parameters: [...parameters, filter.limit ?? 50] }).map(executionOf)
}
