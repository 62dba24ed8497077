import type { Tables } from '../driver.ts'
import { type LockKey, lockKeyText } from '../locks.ts'
import type { Script } from '../transaction-script.ts'
import { type Dialect, idsAmong, locking, probing, rowSet, valueSet } from './dialect.ts'
import { READ } from './read-executions.ts'
import { idsOf, pairOf, text } from './rows.ts'

type OpenTables = Pick<
  Tables,
  | 'openOf'
  | 'headsOf'
  | 'nextOf'
  | 'follow'
  | 'promote'
  | 'start'
  | 'requestCancel'
  | 'cancelRequests'
  | 'stale'
  | 'running'
  | 'setProgress'
>

/** Open executions: the lines that they are in, and what becomes of those that run. */
export function openTables(dialect: Dialect): OpenTables {
  const { open, executionOf } = READ[dialect]
  const ids = valueSet(dialect, 'id')
  const texts = valueSet(dialect, 'text')
  const pairs = rowSet(dialect, { job: 'text', tenant: 'text' })
  const instants = rowSet(dialect, { job: 'text', tenant: 'text', scheduled_for: 'integer' })
  const starts = rowSet(dialect, { id: 'id', attempt: 'integer', queued_at: 'integer' })
  const ofLine = 'e.job = v.job and e.tenant = v.tenant'
  const sql = {
    openOf: `select ${open} from ${pairs.sql} v ${probing(dialect, 'job_open', ofLine)}`,
    openPairs: 'select job, tenant from job_open limit ?',
    // Mostly nothing is open in a line, which one probe tells.
    headsOf: `with w as ${instants.sql}, v as ${dialect === 'sqlite' ? '(select * from w)' : OPEN_LINES}
      select ${open} from (select distinct job, tenant from v) v
        ${probing(dialect, 'job_open', `${ofLine} and e.phase in (2, 3)`)}
      union
      select ${open} from (select distinct job, tenant from v) v ${firstInLine(dialect)}
      union
      select ${open} from v ${firstInLine(dialect, 'and q.scheduled_for <> v.scheduled_for')}`,
    nextOf: `with v as ${pairs.sql}
      select ${open} from v ${probing(dialect, 'job_open', `${ofLine} and e.phase in (2, 3)`)}
      union all
      select ${open} from v ${firstInLine(dialect)}`,
    follow: `update job_open set followed = 1 where id ${ids.isAmong} and waits = 0
      and (phase = 2 or (phase < 2 and available_at <= ?)) returning id`,
    promote: `update job_open set waits = 0, followed = 1 where id in (${waitingFirst(dialect, pairs.sql)})`,
    start: `update job_open set phase = 2, waits = 0, attempt = v.attempt, owner = ?, heartbeat_at = ?, started_at = ?
      from ${starts.sql} v where job_open.id = v.id and phase = 0 and job_open.queued_at = v.queued_at returning job_open.id`,
    requestCancel: `update job_open set cancel_requested_at = ?
      where id ${ids.isAmong} and phase = 2 and cancel_requested_at is null`,
    cancelRequests: 'select id from job_open where phase = 2 and owner = ? and cancel_requested_at is not null',
    stale: `select ${open} from job_open e where e.phase = 2 and (e.heartbeat_at < ? or e.owner ${texts.isAmong})
      order by e.id limit ?${locking(dialect, 'skip')}`,
    running: `select ${open} from job_open e where e.id ${ids.isAmong} and e.phase = 2
      order by e.id${locking(dialect, 'wait')}`,
    setProgress: 'update job_open set progress_percent = ?, progress_message = ? where id = ?',
  }
  /** Those of many pairs that have something open, where one query tells; else all of them. */
  function* amongFew<Key extends LockKey>(wanted: readonly Key[]): Script<readonly Key[]> {
    // In SQLite a further statement costs next to nothing; to PostgreSQL it is a further round trip.
    if (dialect === 'postgres') return wanted
    const few = wanted.length >> 3
    if (few === 0) return wanted
    const rows = yield { sql: sql.openPairs, parameters: [few] }
    if (rows.length >= few) return wanted
    const found = new Set(rows.map((row) => lockKeyText(pairOf(row))))
    return found.size === 0 ? [] : wanted.filter((pair) => found.has(lockKeyText(pair)))
  }
  return {
    *openOf(wanted) {
      const likely = yield* amongFew(wanted)
      if (likely.length === 0) return []
      return (yield { sql: sql.openOf, parameters: pairs.of(likely.map(pairValues)) }).map(executionOf)
    },
    *headsOf(wanted, now) {
      const likely = yield* amongFew(wanted)
      if (likely.length === 0) return []
      const values = likely.map(({ job, tenant, scheduledFor }) => [job, tenant, scheduledFor])
      return (yield { sql: sql.headsOf, parameters: [...instants.of(values), now, now] }).map(executionOf)
    },
    *nextOf(wanted, now) {
      if (wanted.length === 0) return []
      return (yield { sql: sql.nextOf, parameters: [...pairs.of(wanted.map(pairValues)), now] }).map(executionOf)
    },
    *follow(wanted, now) {
      if (wanted.length === 0) return new Set()
      return idsOf(yield { sql: sql.follow, parameters: [ids.of(wanted), now] })
    },
    *promote(wanted) {
      if (wanted.length > 0) yield { sql: sql.promote, parameters: pairs.of(wanted.map(pairValues)), isBlind: true }
    },
    *start(starting, node, now, heartbeatAt = now) {
      const parameters = [
        node,
        heartbeatAt,
        now,
        ...starts.of(starting.map(({ id, attempt, queuedAt }) => [id, attempt, queuedAt])),
      ]
      return idsOf(yield { sql: sql.start, parameters })
    },
    *requestCancel(wanted, now) {
      yield { sql: sql.requestCancel, parameters: [now, ids.of(wanted)], isBlind: true }
    },
    *cancelRequests(node) {
      return (yield { sql: sql.cancelRequests, parameters: [node] }).map((row) => text(row, 'id'))
    },
    *stale(before, owners, limit) {
      return (yield { sql: sql.stale, parameters: [before, texts.of(owners), limit] }).map(executionOf)
    },
    *running(wanted) {
      return (yield { sql: sql.running, parameters: [ids.of(idsAmong(wanted))] }).map(executionOf)
    },
    *setProgress(id, percent, message) {
      yield { sql: sql.setProgress, parameters: [percent, message, id], isBlind: true }
    },
  }
}

/**
 * Joins the exclusive one of a line "v" that may run first, as "e". PostgreSQL would look at every row for what SQLite
 * finds by its key, and SQLite knows no lateral joins.
 */
function firstInLine(dialect: Dialect, condition = ''): string {
  const rest = `from job_open q where q.job = v.job and q.tenant = v.tenant and q.phase = 0
    and q.lock_kind = 'exclusive' and q.available_at <= ? ${condition} order by q.scheduled_for, q.id limit 1`
  return dialect === 'sqlite'
    ? `join job_open e on e.id = (select q.id ${rest})`
    : `cross join lateral (select q.* ${rest}) e`
}

/** Those of the lines "w" in which something is open. Materialized and limited, so that no statistics change how it is read. */
const OPEN_LINES = `materialized (select w.* from w cross join lateral (
  select 1 from job_open e where e.job = w.job and e.tenant = w.tenant limit 1) one)`

/** Ids of those that wait first in each line. */
function waitingFirst(dialect: Dialect, lines: string): string {
  const rest = `select q.id from job_open q where q.job = v.job and q.tenant = v.tenant and q.phase = 0
    and q.lock_kind = 'exclusive' and q.waits = 1 order by q.scheduled_for, q.id limit 1`
  return dialect === 'sqlite'
    ? `select (${rest}) from ${lines} v`
    : `select first.id from ${lines} v cross join lateral (${rest} for update) first`
}

const pairValues = ({ job, tenant }: LockKey): string[] => [job, tenant]
