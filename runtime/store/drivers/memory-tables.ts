import { copyOf } from '../../support/copy.ts'
import type { Dependency, EndedOpen, Ending, FireKey, NewExecution, QueuePage, Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import { distinctPairs, type LockKey, lockKeyText } from '../locks.ts'
import { positionOf, type QueuePosition } from '../queue-position.ts'
import { result } from '../transaction-script.ts'
import { fireKey, MemoryExecutions } from './memory-executions.ts'

/**
 * The tables as maps, for one process: open executions, history and claimed fires as in SQL. What waits behind what is
 * not kept: all that is open is read instead.
 */
export class MemoryTables extends MemoryExecutions implements Tables {
  // --- executions
  byIds(ids: readonly string[]) {
    return result(ids.flatMap((id) => this.opened.get(id) ?? this.ended.get(id) ?? []))
  }

  openOf(pairs: readonly LockKey[]) {
    return result(pairs.flatMap((pair) => this.lineOf(pair)))
  }

  headsOf(fires: readonly LockKey[]) {
    return this.openOf(distinctPairs(fires))
  }

  nextOf(pairs: readonly LockKey[]) {
    return this.openOf(pairs)
  }

  insert(rows: readonly NewExecution[]) {
    for (const { execution } of rows) this.putOpen(copyOf(execution))
    return result(undefined)
  }

  insertEnded(executions: readonly Execution[]) {
    for (const execution of executions) this.record(copyOf(execution))
    return result(undefined)
  }

  list(filter: Parameters<Tables['list']>[0]) {
    const { jobs, statuses, since, until, tenant, parentId, idPrefix = '', idSuffix = '', limit = 50 } = filter
    const ended = jobs === undefined ? [...this.ended.values()] : [...new Set(jobs)].flatMap((job) => this.endedOf(job))
    const found = [...this.opened.values(), ...ended].filter(
      (one) =>
        (jobs === undefined || jobs.includes(one.job)) &&
        (statuses === undefined || statuses.includes(one.status)) &&
        (since === undefined || one.scheduledFor >= since) &&
        (until === undefined || one.scheduledFor <= until) &&
        (tenant === undefined || one.tenant === tenant) &&
        (parentId === undefined || one.parentId === parentId) &&
        (filter.unresolved !== true || this.isUnresolved(one)) &&
        one.id.startsWith(idPrefix) &&
        one.id.endsWith(idSuffix),
    )
    found.sort((a, b) => b.scheduledFor - a.scheduledFor || (a.id < b.id ? 1 : -1))
    return result(found.slice(0, limit))
  }

  // --- fires
  claimedAmong(fires: readonly (readonly [number, FireKey])[]) {
    return result(fires.flatMap(([place, fire]) => (this.claimed.has(fireKey(fire)) ? [place] : [])))
  }

  recordedAmong(fires: readonly (readonly [number, FireKey])[]) {
    const isRecorded = (fire: FireKey): boolean => {
      const key = fireKey(fire)
      const all = [...this.lineOf(fire), ...this.endedOf(fire.job)]
      return all.some((one) => fireKey(one) === key)
    }
    return result(fires.flatMap(([place, fire]) => (isRecorded(fire) ? [place] : [])))
  }

  newestClaimed() {
    return result(this.newest)
  }

  claimFires(fires: readonly (FireKey & { readonly executionId: string })[]) {
    for (const fire of fires) {
      this.claimed.set(fireKey(fire), fire.executionId)
      this.newest = Math.max(this.newest ?? fire.scheduledFor, fire.scheduledFor)
    }
    return result(undefined)
  }

  dependencies(wanted: readonly { job: string; scheduledFor: number }[]) {
    return result(this.#dependencies(wanted.map((one) => ({ ...one, tenant: '' }))))
  }

  tenantDependencies(wanted: readonly { job: string; scheduledFor: number; tenant: string }[]) {
    return result(this.#dependencies(wanted))
  }

  // --- the queue
  prepareDequeue(now: number) {
    const queues = [...new Set(this.queuedOnes().map(({ queue }) => queue))]
    return result({ queues, dead: [], drains: this.drains(now) })
  }

  queuePage({ queues, jobs, now, after, limit }: QueuePage) {
    const due = this.queuedOnes().filter(
      (one) => one.availableAt <= now && queues.includes(one.queue) && (jobs === undefined || jobs.includes(one.job)),
    )
    due.sort((a, b) => compare(positionOf(a), positionOf(b)))
    // Each line once: a long one would otherwise be gone through again for every page of its executions.
    const lines = new Set<string>()
    const first = due.filter((one) => {
      const line = one.lock === 'bypass' ? one.id : lockKeyText(one)
      const isFirst = !lines.has(line)
      lines.add(line)
      return isFirst
    })
    const rest = after === null ? first : first.filter((one) => compare(positionOf(one), after) > 0)
    return result(rest.slice(0, limit))
  }

  nextAvailableAt() {
    const queued = this.queuedOnes()
    return result(
      queued.length === 0 ? null : queued.reduce((least, one) => Math.min(least, one.availableAt), Infinity),
    )
  }

  follow(ids: readonly string[]) {
    return result<ReadonlySet<string>>(new Set(ids))
  }

  promote() {
    return result(undefined)
  }

  start(starting: readonly { id: string; attempt: number }[], node: string, now: number) {
    const started = new Set<string>()
    for (const { id, attempt } of starting) {
      if (this.opened.get(id)?.status !== 'QUEUED') continue
      this.change(id, () => ({ status: 'RUNNING', attempt, owner: node, heartbeatAt: now, startedAt: now }))
      started.add(id)
    }
    return result<ReadonlySet<string>>(started)
  }

  // --- ends
  finish(endings: readonly Ending[], from: 'QUEUED' | 'RUNNING') {
    const ended: EndedOpen[] = []
    for (const ending of endings) {
      const one = this.opened.get(ending.id)
      if (one?.status !== from) continue
      const { status, owner, availableAt, finishedAt, error, skip, recoveries } = ending
      const { id, job, tenant } = one
      this.conclude({
        ...one,
        ...{ status, owner, availableAt, finishedAt, error, recoveries },
        skipReason: skip?.reason ?? null,
        skipCount: skip === null ? 0 : 1,
        skippedUntil: skip?.until ?? null,
      })
      ended.push({ id, job, tenant, followed: false, keyed: this.hasKey(id) })
    }
    return result(ended)
  }

  requeue(endings: readonly Ending[]) {
    const queued: EndedOpen[] = []
    for (const { id, availableAt, error, recoveries } of endings) {
      const one = this.opened.get(id)
      if (one?.status !== 'RUNNING') continue
      this.change(id, () => ({ status: 'QUEUED', owner: '', availableAt, error, recoveries }))
      queued.push({ id, job: one.job, tenant: one.tenant, followed: false, keyed: false })
    }
    return result(queued)
  }

  succeed(ends: readonly { id: string; attempt: number; at: number }[], owner: string) {
    const ids = new Set<string>()
    for (const { id, attempt, at } of ends) {
      const one = this.opened.get(id)
      if (one?.status !== 'RUNNING' || one.owner !== owner || one.attempt !== attempt) continue
      this.conclude({ ...one, status: 'SUCCESS', finishedAt: at, error: null })
      ids.add(id)
    }
    const keyed = [...ids].filter((id) => this.hasKey(id))
    return result<{ ids: ReadonlySet<string>; followed: LockKey[]; keyed: string[] }>({ ids, followed: [], keyed })
  }

  extendSkips(more: readonly { id: string; count: number; until: number; at: number }[]) {
    for (const { id, count, until, at } of more) {
      this.change(id, (one) => ({ skipCount: one.skipCount + count, skippedUntil: until, finishedAt: at }))
    }
    return result(undefined)
  }

  closeSkips(ids: readonly string[]) {
    for (const one of ids.flatMap((id) => this.opened.get(id) ?? [])) this.conclude(one)
    return result(undefined)
  }

  // --- what runs
  requestCancel(ids: readonly string[], now: number) {
    for (const id of ids) {
      const one = this.opened.get(id)
      if (one?.status === 'RUNNING' && one.cancelRequestedAt === null) {
        this.change(id, () => ({ cancelRequestedAt: now }))
      }
    }
    return result(undefined)
  }

  cancelRequests(node: string) {
    const asked = this.runningOnes().filter((one) => one.owner === node && one.cancelRequestedAt !== null)
    return result(asked.map(({ id }) => id))
  }

  stale(before: number, owners: readonly string[], limit: number) {
    const dead = this.runningOnes().filter((one) => (one.heartbeatAt ?? 0) < before || owners.includes(one.owner))
    return result(dead.slice(0, limit))
  }

  running(ids: readonly string[]) {
    const open = [...new Set(ids)].flatMap((id) => this.opened.get(id) ?? [])
    return result(open.filter(({ status }) => status === 'RUNNING'))
  }

  setProgress(id: string, percent: number, message: string | null) {
    this.change(id, () => ({ progress: { percent, message } }))
    return result(undefined)
  }

  heartbeat(node: string, now: number) {
    this.nodeHeartbeat(node, now)
    for (const { id, owner } of this.runningOnes()) if (owner === node) this.change(id, () => ({ heartbeatAt: now }))
    return result(undefined)
  }

  #dependencies(wanted: readonly { job: string; scheduledFor: number; tenant: string }[]): Dependency[] {
    const found: Dependency[] = []
    for (const { job, scheduledFor, tenant } of wanted) {
      for (const one of [...this.lineOf({ job, tenant }), ...this.endedOf(job)]) {
        if (one.tenant !== tenant || (one.trigger !== 'schedule' && one.trigger !== 'catch-up')) continue
        const until = one.skippedUntil ?? one.scheduledFor
        const covers = one.status === 'SKIPPED' && one.scheduledFor <= scheduledFor && scheduledFor <= until
        if (one.scheduledFor !== scheduledFor && !covers) continue
        found.push({ job, tenant, status: one.status, scheduledFor: one.scheduledFor, until })
      }
    }
    return found
  }
}

const compare = (a: QueuePosition, b: QueuePosition): number =>
  a.rank - b.rank || a.scheduledFor - b.scheduledFor || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
