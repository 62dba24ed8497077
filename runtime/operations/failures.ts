import type { Manifest } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import type { ExecutionFilter } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import { messageOf } from '../support/errors.ts'
import { enqueueThrough } from '../worker/enqueuer.ts'
import { deadAfter } from '../worker/node-session.ts'
import { operatorName } from './pauses.ts'

/** A failed execution that was enqueued again, or couldn't be. */
export interface Rerun {
  /** Of the one that failed. */
  readonly id: string
  readonly job: string
  readonly tenant: string | null
  /** Of the new one; null where there is none. */
  readonly rerunId: string | null
  /** Why there is none. */
  readonly problem: string | null
}

type Wanted = Pick<ExecutionFilter, 'jobs' | 'since'>

/** So many are read at once. */
const PAGE = 500

/** All failed executions that nothing was done about, the oldest first. */
async function unresolved(store: Store, wanted: Wanted): Promise<Execution[]> {
  const found: Execution[] = []
  for (let until: number | undefined; ; ) {
    const range = until === undefined ? {} : { until }
    const page = await store.executions({ ...wanted, ...range, unresolved: true, limit: PAGE })
    const known = new Set(found.map(({ id }) => id))
    const fresh = page.filter(({ id }) => !known.has(id))
    found.push(...fresh)
    // A page of one instant alone can't be passed by its time: the rest is for the next call.
    if (page.length < PAGE || fresh.length === 0) return found.reverse()
    until = page.at(-1)?.scheduledFor
  }
}

/**
 * Enqueues what failed again, with its arguments and for its tenant, and marks it as dealt with. While such a one waits or
 * runs, it isn't enqueued twice: it has a key. One that can't be enqueued stays as it is.
 */
export async function rerunFailed(
  store: Store,
  manifest: Manifest,
  wanted: Wanted,
  clock: Clock = systemClock,
): Promise<Rerun[]> {
  const staleAfter = deadAfter(store, manifest.settings.staleAfter)
  const enqueue = enqueueThrough({ store, clock, staleAfter }, manifest)
  const reruns: Rerun[] = []
  for (const { id, job, tenant, args, priority } of await unresolved(store, wanted)) {
    const about = { id, job, tenant: tenant === '' ? null : tenant }
    try {
      const to = tenant === '' ? {} : { tenant }
      const handle = await enqueue(job, args, { priority, key: `rerun ${id}`, ...to })
      await store.dismiss([id], operatorName(), `run again as ${handle.id}`, clock.now())
      reruns.push({ ...about, rerunId: handle.id, problem: null })
    } catch (error) {
      reruns.push({ ...about, rerunId: null, problem: messageOf(error) })
    }
  }
  return reruns
}

/** Marks all that failed as dealt with; returns how many that were. */
export async function dismissAll(store: Store, wanted: Wanted, reason: string | null, now: number): Promise<number> {
  const ids = (await unresolved(store, wanted)).map(({ id }) => id)
  let count = 0
  for (let from = 0; from < ids.length; from += PAGE) {
    count += (await store.dismiss(ids.slice(from, from + PAGE), operatorName(), reason, now)).length
  }
  return count
}
