import type { ResultTables } from '../result-tables.ts'
import { type Dialect, idsAmong, inserter } from './dialect.ts'
import { text } from './rows.ts'

/** What jobs returned, as text. */
export function resultTables(dialect: Dialect): ResultTables {
  const insert = inserter(dialect, 'job_result', { execution_id: 'id', value: 'text' }, 'on conflict do nothing')
  return {
    *insertResults(results) {
      yield* insert(results.map(({ executionId, value }) => [executionId, value]))
    },
    *result(executionId) {
      const [id] = idsAmong([executionId])
      if (id === undefined) return null
      const [row] = yield { sql: 'select value from job_result where execution_id = ?', parameters: [id] }
      return row === undefined ? null : text(row, 'value')
    },
  }
}
