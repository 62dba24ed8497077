import type { PauseHistory, Tables } from '../driver.ts'
import type { Script } from '../transaction-script.ts'

/**
 * Pauses that ended longer ago than this, in ms, are forgotten, and of more than `MOST` the oldest: what was due while
 * a job was paused is never caught up, however long its `catchUpWindow`.
 */
const REMEMBERED = 366 * 24 * 3_600_000
const MOST = 200

/** Why a fire of a paused job doesn't run; null where its job isn't paused now and wasn't at its instant. */
export function pausedReason(history: PauseHistory | undefined, scheduledFor: number): string | null {
  if (history === undefined) return null
  if (history.paused) {
    return `paused: by ${history.by}${history.reason === null ? '' : `, because: ${history.reason}`}`
  }
  return history.past.some(([from, to]) => from <= scheduledFor && scheduledFor < to)
    ? 'paused: the job was paused at that time'
    : null
}

/** A job that is paused already keeps the start of its pause. */
export function paused(
  history: PauseHistory | undefined,
  pause: { job: string; by: string; reason: string | null; now: number },
): PauseHistory {
  const { job, by, reason, now } = pause
  const since = history?.paused ? history.since : now
  return { job, paused: true, since, by, reason, past: recent(history, now) }
}

export function resumed(history: PauseHistory, now: number): PauseHistory {
  if (!history.paused) return history
  return {
    ...history,
    paused: false,
    since: now,
    past: [...recent(history, now).slice(1 - MOST), [history.since, now]],
  }
}

function recent(history: PauseHistory | undefined, now: number): PauseHistory['past'] {
  return (history?.past ?? []).filter(([, to]) => to >= now - REMEMBERED)
}

export function* pause(
  tables: Tables,
  pausing: { job: string; by: string; reason: string | null; now: number },
): Script<void> {
  const [history] = yield* tables.pauses(pausing.job)
  yield* tables.putPause(paused(history, pausing))
}

export function* resume(tables: Tables, job: string, now: number): Script<void> {
  const [history] = yield* tables.pauses(job)
  if (history?.paused) yield* tables.putPause(resumed(history, now))
}
