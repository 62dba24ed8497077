import type { NewExecution, Tables } from '../driver.ts'
import { causeOf, type Execution, isFinal } from '../execution.ts'
import { rankOf } from '../queue-position.ts'
import type { SqlValue } from '../transaction-script.ts'
import { typed } from './columns.ts'
import { type Dialect, inserter, sharingInserter } from './dialect.ts'
import { afterText } from './rows.ts'

/** Columns in which the rows of one claim are alike. */
const COMMON = [
  'phase',
  'attempt',
  'owner',
  'heartbeat_at',
  'queued_at',
  'started_at',
  '"trigger"',
  'lock_kind',
  'queue',
]
/** Columns in which many rows of one claim are alike too: those that hold what jobs seldom set. */
const USUAL = [
  'scheduled_for',
  'tenant',
  'max_attempts',
  'rank',
  'args',
  'available_at',
  'recover_limit',
  'parent_id',
  'after_jobs',
  'waits',
  'followed',
]
/** What only those have that were enqueued with a key or a policy of their own. */
const RARE = ['overrides', 'dedup_key']
/** The columns in which no two rows are alike; what is in none of the lists begins as null or 0. */
const OWN = ['id', 'job', 'schedule_key']
/** So many rows that are alike in all but their own columns are worth a statement of their own. */
const WORTH_SHARING = 25
const SKIP = ['finished_at', 'skip_reason', 'skip_count', 'skipped_until']
/** What is history from the start. */
const ENDED = [
  ...COMMON.filter((column) => column !== 'phase' && column !== 'heartbeat_at'),
  ...USUAL.filter((column) => column !== 'rank' && column !== 'waits' && column !== 'followed'),
  ...OWN,
  ...SKIP,
  'status',
  'priority',
  'skip_cause',
  'child',
]
const PHASE = { QUEUED: 0, RUNNING: 2, SKIPPED: 3 } as const

/**
 * Makes what inserts executions. Binding a value costs as much as all of its row's indexes, so values that rows share
 * are bound once (`npm run bench -- durable`).
 */
export function executionInserters(dialect: Dialect): Pick<Tables, 'insert' | 'insertEnded'> {
  const insertAlike = sharingInserter(dialect, 'job_open', typed([...COMMON, ...USUAL]), typed(OWN))
  const insertMixed = sharingInserter(dialect, 'job_open', typed(COMMON), typed([...USUAL, ...OWN]))
  const insertRare = inserter(dialect, 'job_open', typed([...COMMON, ...USUAL, ...OWN, ...RARE]))
  const insertSkips = inserter(dialect, 'job_open', typed([...COMMON, ...USUAL, ...OWN, ...SKIP]))
  const insertEnded = inserter(dialect, 'job_history', typed(ENDED))
  return {
    *insert(rows) {
      const plain = rows.filter(({ execution }) => execution.status !== 'SKIPPED' && !isRare(execution))
      const rare = rows.filter(({ execution }) => isRare(execution))
      const skips = rows.filter(({ execution }) => execution.status === 'SKIPPED')
      const mixed: NewExecution[] = []
      for (const { shared, members } of alike(plain, sharedOf)) {
        if (members.length >= WORTH_SHARING) yield* insertAlike(shared, members.map(ownOf))
        else mixed.push(...members)
      }
      for (const { shared, members } of alike(mixed, commonOf)) {
        const values = members.map((one) => [...sharedOf(one).slice(COMMON.length), ...ownOf(one)])
        yield* insertMixed(shared, values)
      }
      yield* insertRare(rare.map((one) => [...sharedOf(one), ...ownOf(one), ...rareOf(one.execution)]))
      yield* insertSkips(skips.map((one) => [...sharedOf(one), ...ownOf(one), ...skipOf(one.execution)]))
    },
    *insertEnded(executions) {
      yield* insertEnded(executions.map(endedRow))
    },
  }
}

/** The values of the columns COMMON and USUAL. */
function sharedOf({ execution, waits, followed }: NewExecution): SqlValue[] {
  const { status, args } = execution
  return [
    isFinal(status) ? PHASE.SKIPPED : PHASE[status === 'RUNNING' ? 'RUNNING' : 'QUEUED'],
    execution.attempt,
    execution.owner,
    execution.heartbeatAt,
    execution.queuedAt,
    execution.startedAt,
    execution.trigger,
    execution.lock,
    execution.queue,
    execution.scheduledFor,
    execution.tenant,
    execution.maxAttempts,
    rankOf(execution.priority),
    args.length === 0 ? '[]' : JSON.stringify(args),
    execution.availableAt,
    execution.recoverLimit,
    execution.parentId,
    afterText(execution),
    waits,
    followed ? 1 : 0,
  ]
}

const commonOf = (one: NewExecution): SqlValue[] => sharedOf(one).slice(0, COMMON.length)

const ownOf = ({ execution: { id, job, scheduleKey } }: NewExecution): SqlValue[] => [id, job, scheduleKey]

const isRare = ({ overrides, key }: Execution): boolean => overrides !== undefined || key !== undefined

const rareOf = ({ overrides, key }: Execution): SqlValue[] => [
  overrides === undefined ? null : JSON.stringify(overrides),
  key ?? null,
]

const skipOf = ({ finishedAt, skipReason, skipCount, skippedUntil }: Execution): SqlValue[] => [
  finishedAt,
  skipReason,
  skipCount,
  skippedUntil,
]

/** The values of ENDED. */
function endedRow(one: Execution): SqlValue[] {
  const { scheduledFor, tenant, maxAttempts, args, availableAt, recoverLimit, parentId } = one
  return [
    ...[one.attempt, one.owner, one.queuedAt, one.startedAt, one.trigger, one.lock, one.queue],
    ...[scheduledFor, tenant, maxAttempts, JSON.stringify(args), availableAt, recoverLimit, parentId],
    ...[afterText(one), one.id, one.job, one.scheduleKey],
    ...skipOf(one),
    ...[one.status, one.priority, one.skipReason === null ? null : causeOf(one.skipReason)],
    parentId !== null && tenant !== '' ? 1 : 0,
  ]
}

/** Executions in groups that share these values. */
function alike(
  executions: readonly NewExecution[],
  valuesOf: (execution: NewExecution) => SqlValue[],
): Iterable<{ readonly shared: readonly SqlValue[]; readonly members: NewExecution[] }> {
  const groups = new Map<string, { shared: SqlValue[]; members: NewExecution[] }>()
  let latest: { shared: SqlValue[]; members: NewExecution[] } | undefined
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
