import type { Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import { causeOf } from '../execution.ts'
import { holdsLock, isRetained, lockKeyText } from '../locks.ts'
import type { RunRequest, RunStart } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { asSkipped, begunRow } from './new-execution.ts'
import { instantText, skipText } from './transitions.ts'

/** Locks the job's row and looks whether a run may begin; null where it may. */
export function* checkBegin(tables: Tables, request: RunRequest): Script<RunStart | null> {
  const { job, tenant, scheduledFor, scheduleKey } = request
  const pairs = [{ job, tenant }]
  yield* tables.lockPairs(pairs, true)
  if (scheduleKey !== '' && (yield* isClaimed(tables, request))) {
    const reason = `the fire of ${job} at ${instantText(scheduledFor)} was claimed before`
    return { acquired: false, cause: 'already-claimed', reason }
  }
  if (request.lock === 'bypass') return null
  const holder = (yield* tables.nextOf(pairs, request.now)).find((other) => holdsLock(other, request.staleBefore))
  if (holder !== undefined) return { acquired: false, cause: 'locked', reason: lockedReason(holder), holder }
  const retained = (yield* tables.retained()).find(
    (lock) => lockKeyText(lock) === lockKeyText(request) && isRetained(lock, request.staleBefore),
  )
  if (retained === undefined) return null
  const [execution] = yield* tables.byIds([retained.executionId])
  const reason = `${job} is locked: the code of execution ${retained.executionId} had timed out and still runs`
  return { acquired: false, cause: 'locked', reason, holder: execution ?? null }
}

/** By a row of its own, or by the loop, which leaves an execution. */
function* isClaimed(tables: Tables, request: RunRequest): Script<boolean> {
  const fire = [[0, request]] as const
  if ((yield* tables.claimedAmong(fire)).length > 0) return true
  return request.tenant === '' && (yield* tables.recordedAmong(fire)).length > 0
}

/** Writes the row of a run that may begin, or of one that its pre-check skipped. */
export function* recordBegin(tables: Tables, request: RunRequest, skip: string | null): Script<RunStart> {
  const { now, scheduledFor } = request
  const execution = begunRow(request)
  const counting = (yield* tables.nextOf([request], now)).find(({ status }) => status === 'SKIPPED')
  const close = counting !== undefined && counting.scheduledFor <= scheduledFor ? [counting.id] : []
  if (skip === null) {
    if (close.length > 0) yield* tables.closeSkips(close)
    yield* tables.insert([{ execution, waits: 0, followed: false }])
    yield* claimOwn(tables, request, execution)
    return { acquired: true, execution }
  }
  const reason = skipText('pre-check', skip)
  const skipped = asSkipped(execution, reason, now)
  const isOneOff = request.scheduleKey !== '' || request.parentId !== null
  if (!isOneOff && counting !== undefined && causeOf(counting.skipReason ?? '') === 'pre-check') {
    const until = Math.max(counting.skippedUntil ?? counting.scheduledFor, scheduledFor)
    yield* tables.extendSkips([{ id: counting.id, count: 1, until, at: now }])
    return { acquired: false, cause: 'pre-check', reason, executionId: counting.id }
  }
  if (isOneOff) {
    if (close.length > 0) yield* tables.closeSkips(close)
    yield* tables.insertEnded([skipped])
    yield* claimOwn(tables, request, skipped)
  } else {
    if (counting !== undefined) yield* tables.closeSkips([counting.id])
    yield* tables.insert([{ execution: skipped, waits: 0, followed: false }])
  }
  return { acquired: false, cause: 'pre-check', reason, executionId: skipped.id }
}

function* claimOwn(tables: Tables, request: RunRequest, { id: executionId }: Execution): Script<void> {
  const { job, tenant, scheduleKey, scheduledFor } = request
  if (scheduleKey !== '') yield* tables.claimFires([{ job, tenant, scheduleKey, scheduledFor, executionId }])
}

function lockedReason(holder: Execution): string {
  const since = instantText(holder.startedAt ?? holder.queuedAt)
  return `${holder.job} is running since ${since} (execution ${holder.id}, node ${holder.owner})`
}
