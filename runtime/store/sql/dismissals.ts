import type { Tables } from '../driver.ts'
import { type Dialect, idsAmong, valueSet } from './dialect.ts'
import { text } from './rows.ts'

/** What is an execution that failed and that something is still to be done about; of table `e`. */
export const UNRESOLVED = `e.status in ('FAILURE', 'STALE') and e.status <> 'SUCCESS'
  and (e.parent_id is null or e.tenant <> '') and (e.error_code is null or e.error_code <> 'TENANTS_FAILED')
  and not exists (select 1 from job_dismissal d where d.execution_id = e.id)`

/** Failures that were dealt with: a row of its own for each, so that history stays as it is. */
export function dismissalTables(dialect: Dialect): Pick<Tables, 'dismiss'> {
  const ids = valueSet(dialect, 'id')
  const sql = `insert into job_dismissal (execution_id, at, dismissed_by, reason)
    select h.id, cast(? as bigint), cast(? as text), cast(? as text) from job_history h
    where h.id ${ids.isAmong} and h.status in ('FAILURE', 'STALE')
    on conflict do nothing returning execution_id`
  return {
    *dismiss(given, by, reason, at) {
      const known = idsAmong(given)
      if (known.length === 0) return []
      return (yield { sql, parameters: [at, by, reason, ids.of(known)] }).map((row) => text(row, 'execution_id'))
    },
  }
}
