import { uuidv7 } from '../../support/uuid.ts'
import type { Ending, Tables } from '../driver.ts'
import type { Attempt, Execution, SkipCause } from '../execution.ts'
import { holdsLock, isRetained, lockKeyText } from '../locks.ts'
import type { RunRequest, RunStart, Store } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import {
  applyOutcome,
  applyProcessDeath,
  cancelledInQueue,
  endedAttempt,
  instantText,
  processDied,
  skipText,
  withEnding,
} from './transitions.ts'

type Completion = Parameters<Store['complete']>[0]

/** Stale executions that one transaction deals with. */
const STALE_BATCH = 200

/** Locks the job's row and looks whether a run may begin; null where it may. */
export function* checkBegin(tables: Tables, request: RunRequest): Script<RunStart | null> {
  const pairs = [{ job: request.job, tenant: request.tenant }]
  yield* tables.lockPairs(pairs, true)
  if (request.scheduleKey !== '' && (yield* tables.claimedAmong([request])).size > 0) {
    const reason = `The fire of ${request.job} at ${instantText(request.scheduledFor)} was claimed before.`
    return { acquired: false, cause: 'already-claimed', reason }
  }
  if (request.lock === 'bypass') return null
  const holder = (yield* tables.openOf(pairs)).find((other) => holdsLock(other, request.staleBefore))
  if (holder !== undefined) return { acquired: false, cause: 'locked', reason: lockedReason(holder), holder }
  const retained = (yield* tables.retained()).find(
    (lock) => lockKeyText(lock) === lockKeyText(request) && isRetained(lock, request.staleBefore),
  )
  if (retained === undefined) return null
  const [execution] = yield* tables.byIds([retained.executionId])
  const reason = `${request.job} is locked: the code of execution ${retained.executionId} had timed out and still runs.`
  return { acquired: false, cause: 'locked', reason, holder: execution ?? null }
}

/** Writes the row of a run that may begin, or of one that its pre-check skipped. */
export function* recordBegin(tables: Tables, request: RunRequest, skip: string | null): Script<RunStart> {
  const { now } = request
  const execution: Execution = {
    id: uuidv7(now),
    job: request.job,
    scheduleKey: request.scheduleKey,
    scheduledFor: request.scheduledFor,
    tenant: request.tenant,
    trigger: request.trigger,
    status: 'RUNNING',
    attempt: 1,
    maxAttempts: request.maxAttempts,
    priority: request.priority,
    args: request.args,
    owner: request.node,
    heartbeatAt: now,
    queuedAt: now,
    availableAt: now,
    startedAt: now,
    finishedAt: null,
    error: null,
    skipReason: null,
    skipCount: 0,
    skippedUntil: null,
    recoveries: 0,
    recoverLimit: request.recoverLimit,
    cancelRequestedAt: null,
    parentId: request.parentId,
    after: [],
    lock: request.lock,
    progress: null,
  }
  if (skip === null) {
    yield* tables.insert([execution], new Map())
    return { acquired: true, execution }
  }
  const reason = skipText('pre-check', skip)
  const isOneOff = request.scheduleKey !== '' || request.parentId !== null
  const [last] = isOneOff ? [] : yield* tables.lastSkips([request])
  if (last?.isNewest && last.cause === 'pre-check') {
    const until = Math.max(last.skippedUntil, request.scheduledFor)
    yield* tables.extendSkips([{ id: last.id, count: 1, until, at: now }])
    return { acquired: false, cause: 'pre-check', reason, executionId: last.id }
  }
  const skipped: Execution = {
    ...execution,
    status: 'SKIPPED',
    attempt: 0,
    owner: '',
    heartbeatAt: null,
    startedAt: null,
    finishedAt: now,
    skipReason: reason,
    skipCount: 1,
    skippedUntil: request.scheduledFor,
  }
  yield* tables.insert([skipped], new Map<string, SkipCause>([[skipped.id, 'pre-check']]))
  return { acquired: false, cause: 'pre-check', reason, executionId: skipped.id }
}

/** Ends a group of attempts in one transaction; says of each whether it was the caller's to end. */
export function* complete(tables: Tables, ends: readonly Completion[]): Script<boolean[]> {
  const accepted = new Set<Completion>()
  const attempts: Attempt[] = []
  const owners = new Map<string, Map<string, Completion>>()
  for (const end of ends) {
    if (end.outcome.kind !== 'success') continue
    const mine = owners.get(end.owner) ?? new Map<string, Completion>()
    owners.set(end.owner, mine.set(end.id, end))
  }
  for (const [owner, mine] of owners) {
    // In one order, so that two groups never wait for each other in a circle.
    const sorted = [...mine.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    for (const id of yield* tables.succeed(sorted, owner)) {
      const end = mine.get(id)
      if (end !== undefined) accepted.add(end)
    }
  }
  const others = ends.filter(({ outcome }) => outcome.kind !== 'success')
  if (others.length > 0) {
    const running = new Map((yield* tables.running(others.map(({ id }) => id))).map((one) => [one.id, one]))
    const endings: Ending[] = []
    for (const end of others) {
      const execution = running.get(end.id)
      if (execution === undefined || execution.owner !== end.owner || execution.attempt !== end.attempt) continue
      running.delete(end.id)
      endings.push(applyOutcome(execution, end.outcome, end.at))
      attempts.push(endedAttempt(execution, 'error' in end.outcome ? end.outcome.error : null, end.at))
      accepted.add(end)
    }
    if (endings.length > 0) yield* tables.end(endings, 'RUNNING')
  }
  if (attempts.length > 0) yield* tables.insertAttempts(attempts)
  const retained = ends.filter((end) => end.retainLock === true && accepted.has(end)).map(({ id }) => id)
  if (retained.length > 0) yield* tables.retainLock(retained)
  if (accepted.size === ends.length) return ends.map(() => true)
  return yield* alreadyWritten(tables, ends, accepted)
}

/** An outcome whose commit succeeded unheard (the connection broke) is reported again: that is no late finisher. */
function* alreadyWritten(
  tables: Tables,
  ends: readonly Completion[],
  accepted: ReadonlySet<Completion>,
): Script<boolean[]> {
  const rejected = ends.filter((end) => !accepted.has(end))
  const stored = new Map((yield* tables.byIds(rejected.map(({ id }) => id))).map((one) => [one.id, one]))
  const justWritten = new Set([...accepted].map(({ id }) => id))
  return ends.map((end) => {
    if (accepted.has(end)) return true
    const one = stored.get(end.id)
    if (one === undefined || justWritten.has(end.id)) return false
    return one.owner === end.owner && one.attempt === end.attempt && one.finishedAt === end.at && one.status !== 'STALE'
  })
}

/** Deals with executions whose process gave no sign of life. */
export function* recover(
  tables: Tables,
  { now, staleBefore }: { now: number; staleBefore: number },
): Script<{ requeued: Execution[]; stale: Execution[]; isDone: boolean }> {
  const dead = yield* tables.stale(staleBefore, STALE_BATCH)
  if (dead.length === 0) return { requeued: [], stale: [], isDone: true }
  const nodes = new Map((yield* tables.nodes()).map((node) => [node.id, node]))
  const attempts: Attempt[] = []
  const endings = new Map<Execution, Ending>()
  for (const execution of dead) {
    const error = processDied(nodes.get(execution.owner), execution)
    endings.set(execution, applyProcessDeath(execution, error, now))
    attempts.push(endedAttempt(execution, error, now))
  }
  yield* tables.end([...endings.values()], 'RUNNING')
  yield* tables.insertAttempts(attempts)
  const after = [...endings].map(([execution, ending]) => withEnding(execution, ending))
  return {
    requeued: after.filter(({ status }) => status === 'QUEUED'),
    stale: after.filter(({ status }) => status !== 'QUEUED'),
    isDone: dead.length < STALE_BATCH,
  }
}

export function* requestCancel(
  tables: Tables,
  id: string,
  now: number,
): Script<'cancelled' | 'requested' | 'already-final' | 'unknown'> {
  const [execution] = yield* tables.byIds([id])
  if (execution === undefined) return 'unknown'
  if (execution.status === 'QUEUED') {
    const changed = yield* tables.end([cancelledInQueue(execution, now)], 'QUEUED')
    if (changed.has(id)) return 'cancelled'
  }
  if (execution.status !== 'RUNNING' && execution.status !== 'QUEUED') return 'already-final'
  yield* tables.requestCancel([id], now)
  return 'requested'
}

function lockedReason(holder: Execution): string {
  const since = instantText(holder.startedAt ?? holder.queuedAt)
  return `${holder.job} is running since ${since} (execution ${holder.id}, node ${holder.owner}).`
}
