import type { Ending, Tables } from '../driver.ts'
import { type Attempt, type Execution, isFinal } from '../execution.ts'
import { distinctPairs, type LockKey } from '../locks.ts'
import type { Store } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { end, endWithoutPromotion, followedLines } from './endings.ts'
import {
  applyOutcome,
  applyProcessDeath,
  cancelledInQueue,
  endedAttempt,
  processDied,
  withEnding,
} from './transitions.ts'

type Completion = Parameters<Store['complete']>[0]

/** Stale executions that one transaction recovers. */
const STALE_BATCH = 200

/** An execution that starts or returns to the queue between two looks is looked at anew, so often. */
const LOOKS = 5

/** Ends a group of attempts in one transaction; says of each whether the caller still owned it. */
export function* complete(tables: Tables, ends: readonly Completion[]): Script<boolean[]> {
  const accepted = new Set<Completion>()
  const followed: LockKey[] = []
  const owners = new Map<string, Map<string, Completion>>()
  for (const one of ends) {
    if (one.outcome.kind !== 'success') continue
    const mine = owners.get(one.owner) ?? new Map<string, Completion>()
    owners.set(one.owner, mine.set(one.id, one))
  }
  for (const [owner, mine] of owners) {
    // In one order, so that two groups never wait for each other in a circle.
    const sorted = [...mine.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    const succeeded = yield* tables.succeed(sorted, owner)
    followed.push(...succeeded.followed)
    yield* freeKeys(tables, succeeded.keyed, mine)
    for (const id of succeeded.ids) {
      const one = mine.get(id)
      if (one !== undefined) accepted.add(one)
    }
  }
  yield* keepResults(tables, accepted)
  const others = ends.filter(({ outcome }) => outcome.kind !== 'success')
  if (others.length > 0) followed.push(...(yield* completeOthers(tables, others, accepted)))
  if (followed.length > 0) yield* tables.promote(distinctPairs(followed))
  yield* retainLocks(
    tables,
    ends.filter((one) => one.retainLock === true && accepted.has(one)),
  )
  if (accepted.size === ends.length) return ends.map(() => true)
  return yield* alreadyWritten(tables, ends, accepted)
}

function* keepResults(tables: Tables, succeeded: ReadonlySet<Completion>): Script<void> {
  const results: { executionId: string; value: string }[] = []
  for (const { id, outcome } of succeeded) {
    if (outcome.kind === 'success' && outcome.result !== undefined) {
      results.push({ executionId: id, value: outcome.result })
    }
  }
  if (results.length > 0) yield* tables.insertResults(results)
}

/** Each from its own end on. */
function* freeKeys(tables: Tables, keyed: readonly string[], ends: ReadonlyMap<string, Completion>): Script<void> {
  for (const id of keyed) yield* tables.freeKeys([id], ends.get(id)?.at ?? 0, 'end')
}

/** Those that didn't succeed. Adds to `accepted`; returns the lines that others may wait in. */
function* completeOthers(tables: Tables, ends: readonly Completion[], accepted: Set<Completion>): Script<LockKey[]> {
  const running = new Map((yield* tables.running(ends.map(({ id }) => id))).map((one) => [one.id, one]))
  const endings: Ending[] = []
  const attempts: Attempt[] = []
  let now = 0
  for (const one of ends) {
    const execution = running.get(one.id)
    if (execution === undefined || execution.owner !== one.owner || execution.attempt !== one.attempt) continue
    running.delete(one.id)
    const ending = applyOutcome(execution, one.outcome, one.at)
    endings.push(ending)
    now = Math.max(now, one.at)
    accepted.add(one)
    if (ending.status !== 'QUEUED') continue
    attempts.push(endedAttempt(execution, 'error' in one.outcome ? one.outcome.error : null, one.at))
  }
  const ended = yield* endWithoutPromotion(tables, endings, 'RUNNING', now)
  if (attempts.length > 0) yield* tables.insertAttempts(attempts)
  return followedLines(ended)
}

/** The code of these still runs, though their outcome is written. */
function* retainLocks(tables: Tables, ends: readonly Completion[]): Script<void> {
  if (ends.length === 0) return
  const executions = yield* tables.byIds(ends.map(({ id }) => id))
  const at = Math.max(...ends.map((one) => one.at))
  yield* tables.retainLock(
    executions.filter(({ lock }) => lock === 'exclusive'),
    at,
  )
}

/** An outcome whose commit succeeded unheard (the connection broke) is reported again: that is not a lost attempt. */
function* alreadyWritten(
  tables: Tables,
  ends: readonly Completion[],
  accepted: ReadonlySet<Completion>,
): Script<boolean[]> {
  const rejected = ends.filter((end) => !accepted.has(end))
  const stored = new Map((yield* tables.byIds(rejected.map(({ id }) => id))).map((one) => [one.id, one]))
  const justWritten = new Set([...accepted].map(({ id }) => id))
  const answers: boolean[] = []
  for (const one of ends) {
    const row = stored.get(one.id)
    const isOpenQuestion = !accepted.has(one) && row !== undefined && !justWritten.has(one.id)
    answers.push(accepted.has(one) || (isOpenQuestion && (isEndOf(row, one) || (yield* hasFailed(tables, one)))))
  }
  return answers
}

const isEndOf = (row: Execution, { owner, attempt, at }: Completion): boolean =>
  row.owner === owner && row.attempt === attempt && row.finishedAt === at && row.status !== 'STALE'

/** Whether an attempt ended this way that another one follows: its execution was queued again. */
function* hasFailed(tables: Tables, { id, owner, attempt, at, outcome }: Completion): Script<boolean> {
  if (outcome.kind !== 'retry' && outcome.kind !== 'released') return false
  const attempts = yield* tables.attempts(id)
  return attempts.some((one) => one.attempt === attempt && one.owner === owner && one.finishedAt === at)
}

/** Recovers executions whose process sends no heartbeat. */
export function* recover(
  tables: Tables,
  { now, staleBefore, dead: owners = [] }: Parameters<Store['recover']>[0],
): Script<{ requeued: Execution[]; stale: Execution[]; isDone: boolean }> {
  if (owners.length > 0) {
    const retained = yield* tables.retained()
    for (const lock of retained) if (owners.includes(lock.owner)) yield* tables.freeRetainedLock(lock.executionId)
  }
  const dead = yield* tables.stale(staleBefore, owners, STALE_BATCH)
  if (dead.length === 0) return { requeued: [], stale: [], isDone: true }
  const nodes = new Map((yield* tables.nodes()).map((node) => [node.id, node]))
  const attempts: Attempt[] = []
  const endings = new Map<Execution, Ending>()
  for (const execution of dead) {
    const error = processDied(nodes.get(execution.owner), execution, owners.includes(execution.owner))
    const ending = applyProcessDeath(execution, error, now)
    endings.set(execution, ending)
    if (ending.status === 'QUEUED') attempts.push(endedAttempt(execution, error, now))
  }
  yield* end(tables, [...endings.values()], 'RUNNING', now)
  if (attempts.length > 0) yield* tables.insertAttempts(attempts)
  const after = [...endings].map(([execution, ending]) => withEnding(execution, ending))
  return {
    requeued: after.filter(({ status }) => status === 'QUEUED'),
    stale: after.filter(({ status }) => status !== 'QUEUED'),
    isDone: dead.length < STALE_BATCH,
  }
}

/** Asks a running execution to cancel, and ends one that waits in the queue. */
export function* requestCancel(
  tables: Tables,
  id: string,
  now: number,
): Script<'cancelled' | 'requested' | 'already-final' | 'unknown'> {
  for (let look = 1; look <= LOOKS; look++) {
    // Locked, so that it doesn't return to the queue unasked.
    const [running] = yield* tables.running([id])
    if (running !== undefined) {
      yield* tables.requestCancel([id], now)
      return 'requested'
    }
    const [execution] = yield* tables.byIds([id])
    if (execution === undefined) return 'unknown'
    if (isFinal(execution.status)) return 'already-final'
    const changed = yield* end(tables, [cancelledInQueue(execution, now)], 'QUEUED', now)
    if (changed.has(id)) return 'cancelled'
  }
  throw new Error(`execution ${id} started and returned to the queue again and again`)
}
