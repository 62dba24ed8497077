import type { Execution, SkipCause } from '../execution.ts'
import { type Pair, pairKey } from '../pair.ts'
import {
  causeOf,
  EXECUTION_COLUMNS,
  executionOf,
  isStatus,
  number,
  numberOrNull,
  oneOf,
  PACKED_COLUMNS,
  packedExecutionOf,
  text,
} from '../rows.ts'
import type { Row, SqlValue, Steps } from '../steps.ts'
import type { ExecutionFilter } from '../store.ts'
import type { Tables } from '../tables.ts'
import { type Dialect, inserter, instants, locking, set, setOf, sharingInserter } from './dialect.ts'

/** How executions are read as "e". */
const READ = {
  sqlite: { columns: PACKED_COLUMNS, executionOf: packedExecutionOf },
  postgres: { columns: EXECUTION_COLUMNS.map((column) => `e.${column}`).join(', '), executionOf },
} as const

/** Columns in which the rows of one claim are alike. */
const COMMON = ['status', 'attempt', 'owner', 'heartbeat_at', 'queued_at', 'started_at', '"trigger"', 'lock_kind']
/** Columns in which many rows of one claim are alike too: those that hold what jobs seldom set. */
const USUAL = [
  'scheduled_for',
  'tenant',
  'max_attempts',
  'priority',
  'args',
  'available_at',
  'recover_limit',
  'parent_id',
  'after_jobs',
]
/** The columns in which no two rows are alike; what is in none of the lists begins as null or 0. */
const OWN = ['id', 'job', 'schedule_key']
/** So many rows that are alike in all but their own columns are worth a statement of their own. */
const WORTH_SHARING = 25
/** Rows that are skips from the start have these too. */
const SKIP = [...COMMON, ...USUAL, ...OWN, 'finished_at', 'skip_cause', 'skip_reason', 'skip_count', 'skipped_until']

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
    end: `update job_execution set status = v.status, owner = v.owner, available_at = v.available_at,
        finished_at = v.finished_at, duration_ms = v.duration_ms, error_code = v.error_code,
        error_message = v.error_message, error_stack = v.error_stack, skip_cause = v.skip_cause,
        skip_reason = v.skip_reason, skip_count = v.skip_count, skipped_until = v.skipped_until,
        recoveries = v.recoveries
      from ${set(dialect, {
        id: 'text',
        status: 'text',
        owner: 'text',
        available_at: 'integer',
        finished_at: 'integer',
        duration_ms: 'integer',
        error_code: 'text',
        error_message: 'text',
        error_stack: 'text',
        skip_cause: 'text',
        skip_reason: 'text',
        skip_count: 'integer',
        skipped_until: 'integer',
        recoveries: 'integer',
      })} v
      where job_execution.id = v.id and job_execution.status = ? returning job_execution.id`,
    // Most executions end well, in their first attempt: that carries two values instead of fourteen, and needs no look
    // at the row before.
    succeed: `update job_execution set status = 'SUCCESS', finished_at = v.at, duration_ms = v.at - started_at,
        error_code = null, error_message = null, error_stack = null
      from ${instants(dialect)} v
      where job_execution.id = v.id and status = 'RUNNING' and attempt = ? and owner = ?`,
    succeeded: `select e.id from ${instants(dialect)} v join job_execution e on e.id = v.id
      where e.status = 'SUCCESS' and e.attempt = ? and e.owner = ? and e.finished_at = v.at`,
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
  const attemptColumns = 'execution_id, attempt, owner, started_at, finished_at'
  const noteSuccess = `insert into job_attempt (${attemptColumns})
    select e.id, e.attempt, e.owner, e.started_at, e.finished_at
      from ${instants(dialect)} v join job_execution e on e.id = v.id
      where e.status = 'SUCCESS' and e.attempt = ? and e.owner = ? and e.finished_at = v.at
    on conflict do nothing`
  const succeedAtOnce = `with ended as (${sql.succeed}
      returning job_execution.id, job_execution.attempt, job_execution.owner, started_at, finished_at),
    noted as (insert into job_attempt (${attemptColumns}) select * from ended on conflict do nothing)
    select id from ended`
  // A value handed over costs as much as all of its row's indexes, so that what rows share is handed over once.
  const insertAlike = sharingInserter('job_execution', [...COMMON, ...USUAL], OWN)
  const insertMixed = sharingInserter('job_execution', COMMON, [...USUAL, ...OWN])
  const insertSkips = inserter('job_execution', SKIP)
  /** Those of many pairs that have something open, where a glance at all that is open tells; else all of them. */
  function* amongFew(wanted: readonly Pair[]): Steps<readonly Pair[]> {
    const few = wanted.length >> 3
    if (few === 0) return wanted
    const rows = yield { sql: sql.openPairs, parameters: [few] }
    if (rows.length >= few) return wanted
    const open = new Set(rows.map((row) => pairKey(pairOf(row))))
    return open.size === 0 ? [] : wanted.filter((pair) => open.has(pairKey(pair)))
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
    *insert(executions, causes) {
      const plain = executions.filter(({ status }) => status !== 'SKIPPED')
      const skips = executions.filter(({ status }) => status === 'SKIPPED')
      const mixed: Execution[] = []
      for (const { shared, members } of alike(plain, sharedOf)) {
        if (members.length >= WORTH_SHARING) yield* insertAlike(shared, members.map(ownOf))
        else mixed.push(...members)
      }
      for (const { shared, members } of alike(mixed, commonOf)) {
        const rows = members.map((one) => [...sharedOf(one).slice(COMMON.length), ...ownOf(one)])
        yield* insertMixed(shared, rows)
      }
      const rows = skips.map((execution) => newSkipRow(execution, causes.get(execution.id)))
      yield* insertSkips(rows)
    },
    *extendSkips(more) {
      const parameter = setOf(more.map(({ id, count, until, at }) => [id, count, until, at]))
      yield { sql: sql.extendSkips, parameters: [parameter] }
    },
    *start(starting, node, now) {
      const parameter = setOf(starting.map(({ id, attempt }) => [id, attempt]))
      return idsOf(yield { sql: sql.start, parameters: [node, now, now, parameter] })
    },
    *end(endings, from) {
      const parameter = setOf(
        endings.map((ending) => [
          ending.id,
          ending.status,
          ending.owner,
          ending.availableAt,
          ending.finishedAt,
          ending.durationMs,
          ending.error?.code ?? null,
          ending.error?.message ?? null,
          ending.error?.stack ?? null,
          ending.skip?.cause ?? null,
          ending.skip?.reason ?? null,
          ending.skip === null ? 0 : 1,
          ending.skip?.until ?? null,
          ending.recoveries,
        ]),
      )
      return idsOf(yield { sql: sql.end, parameters: [parameter, from] })
    },
    *succeed(ends, owner) {
      const byAttempt = new Map<number, { ids: string[]; entries: string[] }>()
      for (const { id, attempt, at } of ends) {
        const mine = byAttempt.get(attempt) ?? { ids: [], entries: [] }
        mine.ids.push(id)
        mine.entries.push(`${JSON.stringify(id)}:${at}`)
        byAttempt.set(attempt, mine)
      }
      const ended = new Set<string>()
      for (const [attempt, { ids, entries }] of byAttempt) {
        // Written as text at once: an object with hundreds of ids as its keys takes ten times as long to make.
        const parameters = [`{${entries.join()}}`, attempt, owner]
        if (dialect === 'postgres') {
          for (const row of yield { sql: succeedAtOnce, parameters }) ended.add(text(row, 'id'))
          continue
        }
        // Nobody else writes meanwhile, so a count is enough to know that all were accepted, as nearly always.
        yield { sql: sql.succeed, parameters }
        const [changed] = yield { sql: 'select changes() as n', parameters: [] }
        yield { sql: noteSuccess, parameters }
        if (changed !== undefined && number(changed, 'n') === ids.length) for (const id of ids) ended.add(id)
        else for (const row of yield { sql: sql.succeeded, parameters }) ended.add(text(row, 'id'))
      }
      return ended
    },
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
    list: (filter) => list(dialect, filter),
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

function* list(dialect: Dialect, filter: ExecutionFilter): Steps<Execution[]> {
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
  const clause = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const { columns, executionOf } = READ[dialect]
  const sql = `select ${columns} from job_execution e${clause} order by e.scheduled_for desc, e.id desc limit ?`
  return (yield { sql, parameters: [...parameters, filter.limit ?? 50] }).map(executionOf)
}

/** What stands in the columns COMMON and USUAL. */
function sharedOf(execution: Execution): SqlValue[] {
  return [
    execution.status,
    execution.attempt,
    execution.owner,
    execution.heartbeatAt,
    execution.queuedAt,
    execution.startedAt,
    execution.trigger,
    execution.lock,
    execution.scheduledFor,
    execution.tenant,
    execution.maxAttempts,
    execution.priority,
    execution.args.length === 0 ? '[]' : JSON.stringify(execution.args),
    execution.availableAt,
    execution.recoverLimit,
    execution.parentId,
    execution.after.length === 0 ? '[]' : JSON.stringify(execution.after),
  ]
}

const commonOf = (execution: Execution): SqlValue[] => sharedOf(execution).slice(0, COMMON.length)

const ownOf = ({ id, job, scheduleKey }: Execution): SqlValue[] => [id, job, scheduleKey]

/** Executions in groups that share these values. */
function alike(
  executions: readonly Execution[],
  valuesOf: (execution: Execution) => SqlValue[],
): Iterable<{ readonly shared: readonly SqlValue[]; readonly members: Execution[] }> {
  const groups = new Map<string, { shared: SqlValue[]; members: Execution[] }>()
  let latest: { shared: SqlValue[]; members: Execution[] } | undefined
  for (const execution of executions) {
    const shared = valuesOf(execution)
    // Mostly it is like the one before, which is seen faster than looked up.
    if (latest === undefined || !latest.shared.every((value, place) => value === shared[place])) {
      const key = JSON.stringify(shared)
      latest = groups.get(key) ?? { shared, members: [] }
      groups.set(key, latest)
    }
    latest.members.push(execution)
  }
  return groups.values()
}

function newSkipRow(execution: Execution, cause: SkipCause | undefined): SqlValue[] {
  const { finishedAt, skipReason, skipCount, skippedUntil } = execution
  return [...sharedOf(execution), ...ownOf(execution), finishedAt, cause ?? null, skipReason, skipCount, skippedUntil]
}

const idsOf = (rows: readonly Row[]): Set<string> => new Set(rows.map((row) => text(row, 'id')))

const pairOf = (row: Row): Pair => ({ job: text(row, 'job'), tenant: text(row, 'tenant') })
