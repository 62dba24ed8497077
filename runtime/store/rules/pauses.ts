import type { Drain, PauseHistory, Tables } from '../driver.ts'
import type { Execution, Fire } from '../execution.ts'
import type { PauseOptions, PauseTarget } from '../job-store.ts'
import type { Script } from '../transaction-script.ts'
import { DEFAULT_QUEUE } from './new-execution.ts'
import { instantText } from './transitions.ts'

/**
 * Pauses that ended longer ago than this, in ms, are forgotten, and of more than `MOST` the oldest: what was due while
 * a job was paused is never caught up, however long its `catchUpWindow`.
 */
const REMEMBERED = 366 * 24 * 3_600_000
const MOST = 200

/** A pause as it is at `now`: one whose end has passed is over since then, though nothing was written. */
export function asOf(history: PauseHistory, now: number): PauseHistory {
  const { paused, until } = history
  return paused && until !== null && until <= now ? resumed(history, until) : history
}

/** Of each job, queue and of all, the pauses as they are at `now`. */
export type Pauses = ReadonlyMap<string, PauseHistory>

export function pausesAt(histories: readonly PauseHistory[], now: number): Pauses {
  return new Map(histories.map((history) => [`${history.scope} ${history.job}`, asOf(history, now)]))
}

/** Why a fire doesn't run: its job, its queue or all are paused now, or were at its instant. Null where none is. */
export function pausedReason(
  pauses: Pauses,
  { job, queue = DEFAULT_QUEUE, scheduledFor }: Pick<Fire, 'job' | 'queue' | 'scheduledFor'>,
): string | null {
  if (pauses.size === 0) return null
  for (const key of [`job ${job}`, `queue ${queue}`, 'all ']) {
    const history = pauses.get(key)
    const reason = history === undefined ? null : reasonOf(history, scheduledFor)
    if (reason !== null) return reason
  }
  return null
}

function reasonOf(history: PauseHistory, scheduledFor: number): string | null {
  const { scope, job, until } = history
  if (history.paused) {
    const what = { job: '', queue: `the queue ${job}, `, all: 'all jobs, ' }[scope]
    const end = until === null ? '' : `, until ${instantText(until)}`
    return `paused: ${what}by ${history.by}${end}${history.reason === null ? '' : `, because: ${history.reason}`}`
  }
  if (!history.past.some(([from, to]) => from <= scheduledFor && scheduledFor < to)) return null
  return `paused: ${{ job: 'the job was', queue: `the queue ${job} was`, all: 'all jobs were' }[scope]} paused at that time`
}

type Target = Pick<PauseHistory, 'scope' | 'job'>

/** What is meant, as its row has it. */
export function scopeOf(target: PauseTarget): Target {
  if (typeof target === 'string') return { scope: 'job', job: target }
  return 'queue' in target ? { scope: 'queue', job: target.queue } : { scope: 'all', job: '' }
}

type Pausing = Target & { by: string; reason: string | null; now: number } & PauseOptions

/** What is paused already keeps the start of its pause. */
export function paused(history: PauseHistory | undefined, pause: Pausing): PauseHistory {
  const { scope, job, by, reason, now, until = null, drain = false } = pause
  const before = history === undefined ? undefined : asOf(history, now)
  const since = before?.paused ? before.since : now
  return { scope, job, paused: true, since, until, drain, by, reason, past: recent(before, now) }
}

export function resumed(history: PauseHistory, now: number): PauseHistory {
  if (!history.paused) return history
  return {
    ...history,
    paused: false,
    since: now,
    until: null,
    drain: false,
    past: [...recent(history, now).slice(1 - MOST), [history.since, now]],
  }
}

function recent(history: PauseHistory | undefined, now: number): PauseHistory['past'] {
  return (history?.past ?? []).filter(([, to]) => to >= now - REMEMBERED)
}

export function* pause(tables: Tables, pausing: Pausing): Script<void> {
  yield* tables.putPause(paused(yield* historyOf(tables, pausing), pausing))
}

export function* resume(tables: Tables, target: PauseTarget, now: number): Script<void> {
  const history = yield* historyOf(tables, scopeOf(target))
  if (history?.paused) yield* tables.putPause(resumed(asOf(history, now), now))
}

/** Of a job, a queue, or of all; undefined where it was never paused. */
export function* historyOf(tables: Tables, { scope, job }: Target): Script<PauseHistory | undefined> {
  return (yield* tables.pauses()).find((history) => history.scope === scope && history.job === job)
}

/** Whether queued work of this job and queue may start. */
export function isDrained(drains: readonly Drain[], { job, queue }: Pick<Execution, 'job' | 'queue'>): boolean {
  return drains.some((one) => one.scope === 'all' || one.job === (one.scope === 'job' ? job : queue))
}
