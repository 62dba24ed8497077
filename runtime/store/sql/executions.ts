import type { Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import { type LockKey, lockKeyText } from '../locks.ts'
import type { Row, Script } from '../transaction-script.ts'
import { type Dialect, locking, set, setOf } from './dialect.ts'
import { listExecutions, READ } from './read-executions.ts'
import { causeOf, idsOf, isStatus, number, numberOrNull, oneOf, text } from './rows.ts'
import { executionEnds, executionInserter } from './write-executions.ts'

type ExecutionTables = Pick<
  Tables,
  | 'byIds'
  | 'openOf'
  | 'nextOf'
  | 'duePairs'
  | 'claimedAmong'
  | 'dependencies'
  | 'lastSkips'
  | 'insert'
  | 'extendSkips'
  | 'start'
  | 'end'
  | 'succeed'
  | 'newestInstant'
  | 'requestCancel'
  | 'cancelRequests'
  | 'stale'
  | 'running'
  | 'setProgress'
  | 'list'
  | 'nextAvailableAt'
>

export function executionTables(dialect: Dialect): ExecutionTables {
  const { columns, executionOf } = READ[dialect]
  const ids = set(dialect, { id: 'text' })
  const pairs = set(dialect, { job: 'text', tenant: 'text' })
  const sql = {
    byIds: `select ${columns} from ${ids} v join job_execution e on e.id = v.id`,
    openOf: `with v as ${pairs}
      select ${columns} from v join job_execution e on e.job = v.job and e.tenant = v.tenant and e.status = 'RUNNING'
      union all
      select ${columns} from v join job_execution e on e.job = v.job and e.tenant = v.tenant and e.status = 'QUEUED'`,
    openPairs: `select * from (select job, tenant from job_execution where status = 'RUNNING' limit ?1)
      union all
      select * from (select job, tenant from job_execution where status = 'QUEUED' limit ?1)`,
    nextOf: `with v as ${pairs}
      select ${columns} from v join job_execution e on e.job = v.job and e.tenant = v.tenant and e.status = 'RUNNING'
      union all
      select ${columns} from v ${joinLine(dialect, 'exclusive', '1')}
      union all
      select ${columns} from v ${joinLine(dialect, 'bypass', '?')}`,
    // An exclusive one only where nothing fresh runs, and only the first in its line.
    duePairs: `select e.job, e.tenant from job_execution e
      where e.status = 'QUEUED' and e.available_at <= ? and (e.lock_kind = 'bypass' or (
        not exists (select 1 from job_execution r where r.job = e.job and r.tenant = e.tenant and r.status = 'RUNNING'
          and r.lock_kind = 'exclusive' and r.heartbeat_at >= ?)
        and not exists (select 1 from job_execution q where q.job = e.job and q.tenant = e.tenant
          and q.status = 'QUEUED' and q.lock_kind = 'exclusive' and q.available_at <= ?
          and q.scheduled_for <= e.scheduled_for and (q.scheduled_for < e.scheduled_for or (q.scheduled_for = e.scheduled_for and q.id < e.id)))))
      order by e.priority desc, e.scheduled_for, e.id limit ? offset ?`,
    claimedAmong: `select v.place from ${set(dialect, {
      place: 'integer',
      job: 'text',
      tenant: 'text',
      schedule_key: 'text',
      scheduled_for: 'integer',
    })} v join job_execution e on e.scheduled_for = v.scheduled_for and e.job = v.job and e.tenant = v.tenant
      where e.schedule_key = v.schedule_key and v.schedule_key <> ''`,
    dependencies: `with v as ${set(dialect, { job: 'text', scheduled_for: 'integer' })}
      select e.job, e.tenant, e.status, e.scheduled_for, e.skipped_until from v
        join job_execution e on e.job = v.job and e.scheduled_for = v.scheduled_for
        where e."trigger" in ('schedule', 'catch-up')
      union all
      select e.job, e.tenant, e.status, e.scheduled_for, e.skipped_until from v
        join job_execution e on e.job = v.job and e.status = 'SKIPPED'
        where e.scheduled_for < v.scheduled_for and e.skipped_until >= v.scheduled_for
          and e."trigger" in ('schedule', 'catch-up')`,
    lastSkips: `select v.job, v.tenant, s.id, s.skip_cause, s.scheduled_for, s.skipped_until,
        case when exists (select 1 from job_execution n where n.job = v.job and n.tenant = v.tenant
          and n.scheduled_for >= s.scheduled_for and n.id > s.id) then 0 else 1 end as is_newest
      from ${pairs} v join job_execution s on s.id = (
        select l.id from job_execution l where l.job = v.job and l.tenant = v.tenant and l.status = 'SKIPPED'
        order by l.id desc limit 1)`,
    extendSkips: `update job_execution set skip_count = skip_count + v.more, skipped_until = v.until, finished_at = v.at
      from ${set(dialect, { id: 'text', more: 'integer', until: 'integer', at: 'integer' })} v
      where job_execution.id = v.id`,
    start: `update job_execution set status = 'RUNNING', attempt = v.attempt, owner = ?, heartbeat_at = ?, started_at = ?
      from ${set(dialect, { id: 'text', attempt: 'integer' })} v
      where job_execution.id = v.id and status = 'QUEUED' returning job_execution.id`,
    requestCancel: `update job_execution set cancel_requested_at = ?
      where id in (select id from ${ids} v) and status = 'RUNNING' and cancel_requested_at is null`,
    cancelRequests: `select id from job_execution
      where status = 'RUNNING' and owner = ? and cancel_requested_at is not null`,
    stale: `select ${columns} from job_execution e where e.status = 'RUNNING' and e.heartbeat_at < ?
      order by e.id limit ?${locking(dialect, 'skip')}`,
    running: `select ${columns} from job_execution e where e.id in (select id from ${ids} v) and e.status = 'RUNNING'
      order by e.id${locking(dialect, 'wait')}`,
    setProgress: 'update job_execution set progress_percent = ?, progress_message = ? where id = ?',
    newestInstant: 'select max(scheduled_for) as at from job_execution',
    nextAvailableAt: `select min(available_at) as at from job_execution where status = 'QUEUED'`,
  }
  /** Those of many pairs that have something open, where a glance at all that is open tells; else all of them. */
  function* amongFew(wanted: readonly LockKey[]): Script<readonly LockKey[]> {
    const few = wanted.length >> 3
    if (few === 0) return wanted
    const rows = yield { sql: sql.openPairs, parameters: [few] }
    if (rows.length >= few) return wanted
    const open = new Set(rows.map((row) => lockKeyText(pairOf(row))))
    return open.size === 0 ? [] : wanted.filter((pair) => open.has(lockKeyText(pair)))
  }
  return {
    *byIds(wanted) {
      return (yield { sql: sql.byIds, parameters: [setOf(wanted.map((id) => [id]))] }).map(executionOf)
    },
    *openOf(wanted) {
      // In SQLite a further statement costs next to nothing; to PostgreSQL it is a further way.
      const likely = dialect === 'sqlite' ? yield* amongFew(wanted) : wanted
      if (likely.length === 0) return []
      const parameter = setOf(likely.map(({ job, tenant }) => [job, tenant]))
      return (yield { sql: sql.openOf, parameters: [parameter] }).map(executionOf)
    },
    *nextOf(wanted, now, limit) {
      if (wanted.length === 0) return []
      const parameter = setOf(wanted.map(({ job, tenant }) => [job, tenant]))
      return (yield { sql: sql.nextOf, parameters: [parameter, now, now, limit] }).map(executionOf)
    },
    *duePairs(now, staleBefore, limit, offset) {
      const rows = yield { sql: sql.duePairs, parameters: [now, staleBefore, now, limit, offset] }
      return rows.map(pairOf)
    },
    *claimedAmong(fires) {
      const parameter = setOf(
        fires.map(({ job, tenant, scheduleKey, scheduledFor }, place) => [
          place,
          job,
          tenant,
          scheduleKey,
          scheduledFor,
        ]),
      )
      return new Set((yield { sql: sql.claimedAmong, parameters: [parameter] }).map((row) => number(row, 'place')))
    },
    *dependencies(wanted) {
      const parameter = setOf(wanted.map(({ job, scheduledFor }) => [job, scheduledFor]))
      const rows = yield { sql: sql.dependencies, parameters: [parameter] }
      return rows.map((row) => ({
        ...pairOf(row),
        status: oneOf(row, 'status', isStatus),
        scheduledFor: number(row, 'scheduled_for'),
        until: numberOrNull(row, 'skipped_until') ?? number(row, 'scheduled_for'),
      }))
    },
    *lastSkips(wanted) {
      const parameter = setOf(wanted.map(({ job, tenant }) => [job, tenant]))
      const rows = yield { sql: sql.lastSkips, parameters: [parameter] }
      return rows.map((row) => ({
        ...pairOf(row),
        id: text(row, 'id'),
        cause: causeOf(row),
        scheduledFor: number(row, 'scheduled_for'),
        skippedUntil: number(row, 'skipped_until'),
        isNewest: number(row, 'is_newest') === 1,
      }))
    },
    insert: executionInserter(),
    *extendSkips(more) {
      const parameter = setOf(more.map(({ id, count, until, at }) => [id, count, until, at]))
      yield { sql: sql.extendSkips, parameters: [parameter] }
    },
    *start(starting, node, now) {
      const parameter = setOf(starting.map(({ id, attempt }) => [id, attempt]))
      return idsOf(yield { sql: sql.start, parameters: [node, now, now, parameter] })
    },
    ...executionEnds(dialect),
    *requestCancel(wanted, now) {
      yield { sql: sql.requestCancel, parameters: [now, setOf(wanted.map((id) => [id]))] }
    },
    *cancelRequests(node) {
      return (yield { sql: sql.cancelRequests, parameters: [node] }).map((row) => text(row, 'id'))
    },
    *stale(before, limit) {
      return (yield { sql: sql.stale, parameters: [before, limit] }).map(executionOf)
    },
    *running(wanted) {
      const parameter = setOf(wanted.map((id) => [id]))
      return (yield { sql: sql.running, parameters: [parameter] }).map(executionOf)
    },
    *setProgress(id, percent, message) {
      yield { sql: sql.setProgress, parameters: [percent, message, id] }
    },
    list: (filter) => listExecutions(dialect, filter),
    *newestInstant() {
      const [row] = yield { sql: sql.newestInstant, parameters: [] }
      return row === undefined ? null : numberOrNull(row, 'at')
    },
    *nextAvailableAt() {
      const [row] = yield { sql: sql.nextAvailableAt, parameters: [] }
      return row === undefined ? null : numberOrNull(row, 'at')
    },
  }
}

/**
 * Joins those of a pair "v" that wait and may run, first come first, as "e". PostgreSQL would look at every row for
 * what SQLite finds by its key, and SQLite knows no lateral joins.
 */
function joinLine(dialect: Dialect, lock: Execution['lock'], limit: string): string {
  const rest = `from job_execution q where q.job = v.job and q.tenant = v.tenant and q.status = 'QUEUED'
    and q.lock_kind = '${lock}' and q.available_at <= ? order by q.scheduled_for, q.id limit ${limit}`
  return dialect === 'sqlite'
    ? `join job_execution e on e.id in (select q.id ${rest})`
    : `cross join lateral (select q.* ${rest}) e`
}

const pairOf = (row: Row): LockKey => ({ job: text(row, 'job'), tenant: text(row, 'tenant') })
