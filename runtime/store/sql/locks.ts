import type { Tables } from '../driver.ts'
import { type Dialect, inserter, locking, rowSet } from './dialect.ts'
import { number, pairOf, text } from './rows.ts'

type LockTables = Pick<Tables, 'lockPairs' | 'retained' | 'retainLock' | 'freeRetainedLock'>

/**
 * Who holds the lock of a (job, tenant) is read from its running executions. `job_line` has a row of each that PostgreSQL
 * can lock while a transaction decides; `job_retained_lock` the locks that outlive their execution's outcome.
 */
export function lockTables(dialect: Dialect): LockTables {
  const pairs = rowSet(dialect, { job: 'text', tenant: 'text' })
  const select = (mode: 'wait' | 'skip'): string =>
    `select l.job, l.tenant from job_line l join ${pairs.sql} v on v.job = l.job and v.tenant = l.tenant
      order by l.job, l.tenant${locking(dialect, mode, 'l')}`
  const sql = {
    wait: select('wait'),
    skip: select('skip'),
    add: `insert into job_line (job, tenant) select v.job, v.tenant from ${pairs.sql} v where true order by 1, 2
      on conflict do nothing returning job, tenant`,
    retained: `select l.job, l.tenant, l.execution_id, l.owner, n.heartbeat_at from job_retained_lock l
      join job_node n on n.id = l.owner`,
    free: 'delete from job_retained_lock where execution_id = ?',
  }
  const retain = inserter(
    dialect,
    'job_retained_lock',
    { execution_id: 'id', job: 'text', tenant: 'text', owner: 'text', retained_at: 'integer' },
    'on conflict do nothing',
  )
  return {
    *lockPairs(wanted, wait) {
      if (dialect === 'sqlite' || wanted.length === 0) return wanted
      const parameters = pairs.of(wanted.map(({ job, tenant }) => [job, tenant]))
      const found = (yield { sql: wait ? sql.wait : sql.skip, parameters }).map(pairOf)
      if (found.length === wanted.length) return found
      // A row that wasn't there is ours as soon as we have added it: no other transaction sees it before the commit.
      const added = (yield { sql: sql.add, parameters }).map(pairOf)
      return wait ? (yield { sql: sql.wait, parameters }).map(pairOf) : [...found, ...added]
    },
    *retained() {
      return (yield { sql: sql.retained, parameters: [] }).map((row) => ({
        ...pairOf(row),
        executionId: text(row, 'execution_id'),
        owner: text(row, 'owner'),
        heartbeatAt: number(row, 'heartbeat_at'),
      }))
    },
    *retainLock(executions, at) {
      yield* retain(executions.map(({ id, job, tenant, owner }) => [id, job, tenant, owner, at]))
    },
    *freeRetainedLock(id) {
      yield { sql: sql.free, parameters: [id], isBlind: true }
    },
  }
}
