import type { Tables } from '../driver.ts'
import type { Row } from '../transaction-script.ts'
import { type Dialect, valueSet } from './dialect.ts'
import { number, numberOrNull, text } from './rows.ts'

type RetentionTables = Pick<
  Tables,
  'finishedBefore' | 'latestEnd' | 'jobsEndedSince' | 'jobsBeyond' | 'beyond' | 'childrenOf' | 'remove'
>

/** What belongs to an execution, with the column that says to which. */
const HANGING = [
  ['job_log', 'execution_id'],
  ['job_attempt', 'execution_id'],
  ['job_result', 'execution_id'],
  ['job_dismissal', 'execution_id'],
  ['job_fire', 'execution_id'],
  ['job_history', 'id'],
] as const

/** What of history goes. */
export function retentionTables(dialect: Dialect): RetentionTables {
  const ids = valueSet(dialect, 'id')
  const hasOpenParent = 'exists (select 1 from job_open p where p.id = h.parent_id)'
  const sql = {
    // The sign keeps the index on scheduled_for out of the plan: nearly all rows are as old by both.
    finishedBefore: `select h.id from job_history h
      where h.finished_at < ? and +h.scheduled_for < ? and not ${hasOpenParent}
      order by h.finished_at limit ?`,
    // A row that counts skips is among the open ones, however long nothing was counted into it.
    countedBefore: 'select id from job_open where phase = 3 and finished_at < ? limit ?',
    // Hops from one name to the next in the index: reading all rows for the few names in them would take seconds.
    jobs: `with recursive hop(job) as (
        select min(job) from job_history
        union all
        select (select min(e.job) from job_history e where e.job > hop.job) from hop where hop.job is not null)
      select job from hop where job is not null`,
    latestEnd: 'select max(finished_at) as at from job_history',
    ended: 'select distinct job from job_history where finished_at >= ?',
    // The rows that are kept are counted in the index alone.
    firstBeyond: `select h.scheduled_for, h.id from job_history h where h.job = ? and h.child = 0
      order by h.scheduled_for desc, h.id desc limit 1 offset ?`,
    beyond: `select h.id, h.parent_id from job_history h
      where h.job = ? and h.child = 0 and (h.scheduled_for, h.id) <= (?, ?)
      order by h.scheduled_for desc, h.id desc limit ?`,
    openParents: `select h.id from job_history h where h.id ${ids.isAmong} and ${hasOpenParent}`,
    children: `select id from job_history where parent_id ${ids.isAmong} and child = 1 limit ?`,
    removeCounted: `delete from job_open where id ${ids.isAmong} and phase = 3`,
  }
  return {
    *finishedBefore(before, limit) {
      const ended = yield { sql: sql.finishedBefore, parameters: [before, before, limit] }
      const left = limit - ended.length
      const counted = left > 0 ? yield { sql: sql.countedBefore, parameters: [before, left] } : []
      return [...ended, ...counted].map(idOf)
    },
    *latestEnd() {
      const [row] = yield { sql: sql.latestEnd, parameters: [] }
      return row === undefined ? null : numberOrNull(row, 'at')
    },
    *jobsEndedSince(since) {
      return (yield { sql: sql.ended, parameters: [since] }).map((row) => text(row, 'job'))
    },
    *jobsBeyond() {
      return (yield { sql: sql.jobs, parameters: [] }).map((row) => text(row, 'job'))
    },
    *beyond(job, keep, limit) {
      const [first] = yield { sql: sql.firstBeyond, parameters: [job, keep] }
      if (first === undefined) return []
      const from = [number(first, 'scheduled_for'), text(first, 'id')]
      const found = yield { sql: sql.beyond, parameters: [job, ...from, limit] }
      const called = found.filter((row) => row.parent_id !== null).map(idOf)
      if (called.length === 0) return found.map(idOf)
      const kept = new Set((yield { sql: sql.openParents, parameters: [ids.of(called)] }).map(idOf))
      return found.map(idOf).filter((id) => !kept.has(id))
    },
    *childrenOf(parents, limit) {
      if (parents.length === 0) return []
      return (yield { sql: sql.children, parameters: [ids.of(parents), limit] }).map(idOf)
    },
    *remove(removed) {
      if (removed.length === 0) return
      const parameters = [ids.of(removed)]
      for (const [table, column] of HANGING)
        yield { sql: `delete from ${table} where ${column} ${ids.isAmong}`, parameters, isBlind: true }
      yield { sql: sql.removeCounted, parameters, isBlind: true }
    },
  }
}

const idOf = (row: Row): string => text(row, 'id')
