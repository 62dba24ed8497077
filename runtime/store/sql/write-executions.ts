import type { Tables } from '../driver.ts'
import type { Execution, SkipCause } from '../execution.ts'
import type { SqlValue } from '../transaction-script.ts'
import { type Dialect, inserter, instants, set, setOf, sharingInserter } from './dialect.ts'
import { idsOf, number, text } from './rows.ts'

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

/**
 * Makes what inserts executions. Binding a value costs as much as all of its row's indexes, so values that rows share
 * are bound once (`npm run bench -- durable`).
 */
export function executionInserter(): Tables['insert'] {
  const insertAlike = sharingInserter('job_execution', [...COMMON, ...USUAL], OWN)
  const insertMixed = sharingInserter('job_execution', COMMON, [...USUAL, ...OWN])
  const insertSkips = inserter('job_execution', SKIP)
  return function* (executions, causes) {
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
  }
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

/** What ends executions, and notes it of their attempts. */
export function executionEnds(dialect: Dialect): Pick<Tables, 'end' | 'succeed'> {
  const sql = {
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
  return {
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
  }
}
