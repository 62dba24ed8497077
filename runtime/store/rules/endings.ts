import type { EndedOpen, Ending, Tables } from '../driver.ts'
import type { LockKey } from '../locks.ts'
import { distinctPairs } from '../locks.ts'
import type { Script } from '../transaction-script.ts'

/** Writes ends and returns to the queue, and promotes what waited for them. Returns the ids of those that changed. */
export function* end(
  tables: Tables,
  endings: readonly Ending[],
  from: 'QUEUED' | 'RUNNING',
  now: number,
): Script<ReadonlySet<string>> {
  const ended = yield* endWithoutPromotion(tables, endings, from, now)
  yield* tables.promote(followedLines(ended))
  return new Set(ended.map(({ id }) => id))
}

export function* endWithoutPromotion(
  tables: Tables,
  endings: readonly Ending[],
  from: 'QUEUED' | 'RUNNING',
  now: number,
): Script<EndedOpen[]> {
  if (endings.length === 0) return []
  const final = endings.filter(({ status }) => status !== 'QUEUED')
  const again = endings.filter(({ status }) => status === 'QUEUED')
  const finished = yield* tables.finish(final, from)
  yield* tables.freeKeys(
    finished.flatMap(({ id, keyed }) => (keyed ? [id] : [])),
    now,
    'end',
  )
  return [...finished, ...(yield* tables.requeue(again, now))]
}

/** Lines in which an execution may wait for one that ended. */
export function followedLines(ended: readonly EndedOpen[]): LockKey[] {
  return distinctPairs(ended.filter(({ followed }) => followed))
}
