import type { Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import type { JobRename } from '../store.ts'
import type { Script } from '../transaction-script.ts'
import { asOf, historyOf, resumed } from './pauses.ts'

/**
 * Moves watermarks, anchors and pauses of a job to its new name, or nothing where an execution of it waits or runs: that
 * one is returned. Its history stays under the old name. A schedule that the new name has already keeps its own watermark.
 */
export function* renameJob(tables: Tables, { from, to, schedules, now }: JobRename): Script<Execution | null> {
  // Read first, and locked: a fire that is being claimed in another process waits for this, or this for it.
  const stored = new Map(
    (yield* tables.schedules(schedules.map((each) => each.formerKey))).map((one) => [one.key, one]),
  )
  const [open] = yield* tables.list({ jobs: [from], statuses: ['QUEUED', 'RUNNING'], limit: 1 })
  if (open !== undefined) return open
  const moved = schedules.flatMap(({ formerKey, ...schedule }) => {
    const old = stored.get(formerKey)
    if (old === undefined || old.retired || old.job !== from) return []
    return [{ ...schedule, job: to, watermark: old.watermark, anchor: old.anchor, nominal: old.nominal }]
  })
  const known = yield* tables.schedules(moved.map(({ key }) => key))
  const active = new Set(known.flatMap(({ key, retired }) => (retired ? [] : key)))
  const fresh = moved.filter(({ key }) => !active.has(key))
  if (fresh.length > 0) yield* tables.putSchedules(fresh, now)
  const old = [...stored.values()].flatMap(({ key, job, retired }) => (retired || job !== from ? [] : key))
  if (old.length > 0) yield* tables.retireSchedules(old, now)
  const history = yield* historyOf(tables, { scope: 'job', job: from })
  if (history === undefined) return null
  const pause = asOf(history, now)
  const own = yield* historyOf(tables, { scope: 'job', job: to })
  if (own === undefined || !asOf(own, now).paused) yield* tables.putPause({ ...pause, job: to })
  if (pause.paused) yield* tables.putPause(resumed(pause, now))
  return null
}
