import type { Tables } from '../driver.ts'
import type { LockKey } from '../locks.ts'
import type { Row } from '../transaction-script.ts'
import { type Dialect, locking, set, setOf } from './dialect.ts'
import { number, text } from './rows.ts'

type LockTables = Pick<Tables, 'lockPairs' | 'retained' | 'retainLock' | 'freeRetainedLock'>

/**
 * Who holds the lock of a (job, tenant) is read from its running executions. `job_lock` has the rest: a row of each
 * that PostgreSQL can lock while somebody decides, and the locks that outlive their execution's outcome.
 */
export function lockTables(dialect: Dialect): LockTables {
  const pairs = set(dialect, { job: 'text', tenant: 'text' })
  const select = (mode: 'wait' | 'skip'): string =>
    `select l.job, l.tenant from job_lock l join ${pairs} v on v.job = l.job and v.tenant = l.tenant
      order by l.job, l.tenant${locking(dialect, mode, 'l')}`
  const sql = {
    wait: select('wait'),
    skip: select('skip'),
    add: `insert into job_lock (job, tenant, execution_id, owner, taken_at, lingers)
      select v.job, v.tenant, '', '', 0, 0 from ${pairs} v where true order by 1, 2 on conflict do nothing`,
    retained: `select l.job, l.tenant, l.execution_id, l.owner, n.heartbeat_at from job_lock l
      join scheduler_node n on n.id = l.owner where l.lingers = 1`,
    retainLock: `insert into job_lock (job, tenant, execution_id, owner, taken_at, lingers)
      select e.job, e.tenant, e.id, e.owner, e.started_at, 1 from job_execution e
        join ${set(dialect, { id: 'text' })} v on v.id = e.id where e.lock_kind = 'exclusive'
      on conflict (job, tenant) do update
        set execution_id = excluded.execution_id, owner = excluded.owner, taken_at = excluded.taken_at, lingers = 1`,
    free: `update job_lock set lingers = 0 where execution_id = ? and lingers = 1`,
  }
  return {
    *lockPairs(wanted, wait) {
      if (dialect === 'sqlite' || wanted.length === 0) return wanted
      const parameters = [setOf(wanted.map(({ job, tenant }) => [job, tenant]))]
      const found = (yield { sql: wait ? sql.wait : sql.skip, parameters }).map(pairOf)
      if (found.length === wanted.length || !wait) return found
      yield { sql: sql.add, parameters }
      return (yield { sql: sql.wait, parameters }).map(pairOf)
    },
    *retained() {
      return (yield { sql: sql.retained, parameters: [] }).map((row) => ({
        ...pairOf(row),
        executionId: text(row, 'execution_id'),
        owner: text(row, 'owner'),
        heartbeatAt: number(row, 'heartbeat_at'),
      }))
    },
    *retainLock(ids) {
      if (ids.length > 0) yield { sql: sql.retainLock, parameters: [setOf(ids.map((id) => [id]))] }
    },
    *freeRetainedLock(id) {
      yield { sql: sql.free, parameters: [id] }
    },
  }
}

const pairOf = (row: Row): LockKey => ({ job: text(row, 'job'), tenant: text(row, 'tenant') })
