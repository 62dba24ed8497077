import type { Driver, Tables } from '../driver.ts'
import type { Script } from '../transaction-script.ts'

/** Jobs that one transaction looks at: few, so that others get their turn. */
const JOBS = 20
/** All jobs are looked at this often, in ms; in between, only those of which something has ended. */
const ALL_JOBS_EVERY = 60 * 60_000
/** Ends are committed within this after their instant, in ms, by whatever clock. */
const LATE = 60_000

export interface PruneRequest {
  readonly finishedBefore: number
  readonly maxPerJob: number
  readonly batch: number
}

/** Deletes history that is too old, or more than is kept of its job. Remembers what it has looked at. */
export class Pruning {
  /** Jobs of which there may be more than is kept. */
  #jobs: readonly string[] = []
  /** The end of what was looked at, by the instants at which executions ended. */
  #seen: { readonly to: number; readonly allAt: number; readonly keep: number } | null = null

  constructor(private readonly driver: Driver) {}

  /** Deletes up to `batch`; says how many. */
  async prune({ finishedBefore, maxPerJob, batch }: PruneRequest): Promise<number> {
    const { tables } = this.driver
    const old = await this.driver.write(function* () {
      const ids = yield* tables.finishedBefore(finishedBefore, batch)
      yield* tables.remove(ids)
      yield* tables.removeSessions(finishedBefore)
      yield* tables.removeFreeKeys(finishedBefore)
      return ids.length
    })
    let left = batch - old
    if (left > 0 && this.#jobs.length === 0) this.#jobs = await this.#suspects(maxPerJob)
    while (left > 0 && this.#jobs.length > 0) {
      const some = this.#jobs.slice(0, JOBS)
      const { removed, done } = await this.driver.write(() => removeBeyond(tables, some, maxPerJob, left))
      left -= removed
      this.#jobs = this.#jobs.slice(done)
    }
    return batch - left
  }

  async #suspects(keep: number): Promise<readonly string[]> {
    const { tables } = this.driver
    const seen = this.#seen
    const { latest, jobs, isAll } = await this.driver.read(function* () {
      const latest = (yield* tables.latestEnd()) ?? 0
      const isAll = seen === null || keep < seen.keep || latest < seen.to || latest - seen.allAt >= ALL_JOBS_EVERY
      return { latest, isAll, jobs: yield* isAll ? tables.jobsBeyond(keep) : tables.jobsEndedSince(seen.to - LATE) }
    })
    this.#seen = { to: latest, allAt: isAll || seen === null ? latest : seen.allAt, keep }
    return jobs
  }
}

/** Says how many it removed, and of how many of these jobs nothing is left to remove. */
function* removeBeyond(
  tables: Tables,
  jobs: readonly string[],
  keep: number,
  limit: number,
): Script<{ removed: number; done: number }> {
  let removed = 0
  let done = 0
  while (done < jobs.length && removed < limit) {
    const ids = yield* tables.beyond(jobs[done] ?? '', keep, limit - removed)
    if (ids.length === 0) {
      done++
      continue
    }
    const children = yield* tables.childrenOf(ids, limit - removed)
    // A fan-out goes before its parent does, in as many portions as it takes.
    const gone = children.length > 0 ? children : ids
    yield* tables.remove(gone)
    removed += gone.length
    if (children.length === 0 && removed < limit) done++
  }
  return { removed, done }
}
