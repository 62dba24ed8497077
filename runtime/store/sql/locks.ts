import type { Pair } from '../pair.ts'
import { number, text } from '../rows.ts'
import type { Row } from '../steps.ts'
import type { Tables } from '../tables.ts'
import { type Dialect, inserts, locking, set, setOf } from './dialect.ts'

type LockTables = Pick<Tables, 'lockPairs' | 'holdLocks' | 'lingering' | 'linger' | 'freeLinger'>

const NEW = ['job', 'tenant', 'execution_id', 'owner', 'taken_at', 'lingers']

/**
 * `job_lock` has a row for each (job, tenant) that ever ran, naming who took the lock last. It is held while that
 * execution is RUNNING with a fresh heartbeat, or lingers; so nothing has to be written to free it, and PostgreSQL has
 * a row that stays and can be locked.
 */
export function lockTables(dialect: Dialect): LockTables {
  const pairs = set(dialect, { job: 'text', tenant: 'text' })
  const select = (mode: 'wait' | 'skip'): string =>
    `select l.job, l.tenant from job_lock l join ${pairs} v on v.job = l.job and v.tenant = l.tenant
      order by l.job, l.tenant${locking(dialect, mode, 'l')}`
  const sql = {
    wait: select('wait'),
    skip: select('skip'),
    add: `insert into job_lock (${NEW.join(', ')})
      select v.job, v.tenant, '', '', 0, 0 from ${pairs} v where true order by 1, 2 on conflict do nothing`,
    lingering: `select l.job, l.tenant, l.execution_id, l.owner, n.heartbeat_at from job_lock l
      join scheduler_node n on n.id = l.owner where l.lingers = 1`,
    linger: `update job_lock set lingers = 1 where execution_id <> ''
      and (job, tenant, execution_id) in (select e.job, e.tenant, e.id from job_execution e
        join ${set(dialect, { id: 'text' })} v on v.id = e.id)`,
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
    *holdLocks(executions) {
      const rows = executions.map(({ job, tenant, id, owner, startedAt }) => [
        job,
        tenant,
        id,
        owner,
        startedAt ?? 0,
        0,
      ])
      const tail = `on conflict (job, tenant) do update
        set execution_id = excluded.execution_id, owner = excluded.owner, taken_at = excluded.taken_at, lingers = 0`
      for (const statement of inserts('job_lock', NEW, rows, tail)) yield statement
    },
    *lingering() {
      return (yield { sql: sql.lingering, parameters: [] }).map((row) => ({
        ...pairOf(row),
        executionId: text(row, 'execution_id'),
        owner: text(row, 'owner'),
        heartbeatAt: number(row, 'heartbeat_at'),
      }))
    },
    *linger(ids) {
      if (ids.length > 0) yield { sql: sql.linger, parameters: [setOf(ids.map((id) => [id]))] }
    },
    *freeLinger(id) {
      yield { sql: sql.free, parameters: [id] }
    },
  }
}

const pairOf = (row: Row): Pair => ({ job: text(row, 'job'), tenant: text(row, 'tenant') })
