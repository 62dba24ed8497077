import type { Execution, SkipCause } from '../execution.ts'
import type { SqlValue } from '../steps.ts'
import type { Tables } from '../tables.ts'
import { inserter, sharingInserter } from './dialect.ts'

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

/** Makes what inserts executions. A value handed over costs as much as all of its row's indexes: what rows share, once. */
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
