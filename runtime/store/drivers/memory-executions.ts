import { copyOf } from '../../support/copy.ts'
import type { FireKey, Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import type { KeyTables, Rescheduling } from '../key-tables.ts'
import { type LockKey, lockKeyText } from '../locks.ts'
import { result } from '../transaction-script.ts'
import { MemoryKeys } from './memory-keys.ts'

type Retention = Pick<KeyTables, 'reschedule'> &
  Pick<Tables, 'dismiss'> &
  Pick<Tables, 'finishedBefore' | 'latestEnd' | 'jobsEndedSince' | 'jobsBeyond' | 'beyond' | 'childrenOf' | 'remove'>

export const fireKey = ({ scheduledFor, job, tenant, scheduleKey }: FireKey): string =>
  [scheduledFor, job, tenant, scheduleKey].join('\u0000')

/** Open executions, history and claimed fires as maps, and how they are pruned. */
export class MemoryExecutions extends MemoryKeys implements Retention {
  protected readonly opened = new Map<string, Execution>()
  /** Ids of the open ones of each (job, tenant): the only ones that rules keep asking for. */
  readonly #lines = new Map<string, Set<string>>()
  /** In the order in which they ended. */
  protected readonly ended = new Map<string, Execution>()
  /** Ids of history by job, in that order. */
  readonly #byJob = new Map<string, Set<string>>()
  /** When an execution of each job last ended. */
  readonly #latestOf = new Map<string, number>()
  /** Ids of executions by fire. */
  protected readonly claimed = new Map<string, string>()
  /** Kept apart, because each tick asks; what is pruned may have held it, which only costs a query. */
  protected newest: number | null = null
  readonly #dismissed = new Set<string>()
  /** When the latest one ended. */
  protected latest: number | null = null

  reschedule({ id, args, availableAt }: Rescheduling) {
    const one = this.opened.get(id)
    if (one?.status !== 'QUEUED' || one.attempt > 0) return result(false)
    this.change(id, () => ({ args: copyOf(args), availableAt, scheduledFor: availableAt, queuedAt: one.queuedAt + 1 }))
    return result(true)
  }

  // --- retention
  finishedBefore(before: number, limit: number) {
    const old: string[] = []
    const goes = (one: Execution): boolean =>
      one.finishedAt !== null && one.finishedAt < before && !this.#hasOpenParent(one)
    for (const one of this.ended.values()) {
      // They are in the order in which they ended.
      if (old.length >= limit || (one.finishedAt ?? 0) >= before) break
      if (one.scheduledFor < before && goes(one)) old.push(one.id)
    }
    for (const one of this.opened.values()) if (old.length < limit && goes(one)) old.push(one.id)
    return result(old)
  }

  latestEnd() {
    return result<number | null>(this.latest)
  }

  jobsEndedSince(instant: number) {
    const found: string[] = []
    for (const [job, at] of this.#latestOf) if (at >= instant) found.push(job)
    return result(found)
  }

  jobsBeyond(keep: number) {
    const found: string[] = []
    for (const [job, ids] of this.#byJob) if (ids.size > keep) found.push(job)
    return result(found)
  }

  beyond(job: string, keep: number, limit: number) {
    if ((this.#byJob.get(job)?.size ?? 0) <= keep) return result([])
    const mine = this.endedOf(job).filter((one) => !isChild(one))
    mine.sort((a, b) => b.scheduledFor - a.scheduledFor)
    const beyond = mine.slice(keep, keep + limit).filter((one) => !this.#hasOpenParent(one))
    return result(beyond.map(({ id }) => id))
  }

  childrenOf(ids: readonly string[], limit: number) {
    if (ids.length === 0) return result([])
    const parents = new Set(ids)
    const children = [...this.ended.values()].filter((one) => isChild(one) && parents.has(one.parentId ?? ''))
    return result(children.slice(0, limit).map(({ id }) => id))
  }

  remove(ids: readonly string[]) {
    if (ids.length === 0) return result(undefined)
    const removed = new Set(ids)
    for (const id of ids) {
      const one = this.ended.get(id) ?? this.opened.get(id)
      if (one === undefined) continue
      this.#byJob.get(one.job)?.delete(id)
      this.ended.delete(id)
      this.#leave(one)
      this.removeOf(id)
    }
    for (const [fire, id] of this.claimed) if (removed.has(id)) this.claimed.delete(fire)
    for (const id of ids) this.#dismissed.delete(id)
    return result(undefined)
  }

  // --- dismissals
  dismiss(ids: readonly string[]) {
    const failed = ids.filter((id) => hasFailed(this.ended.get(id)) && !this.#dismissed.has(id))
    for (const id of failed) this.#dismissed.add(id)
    return result(failed)
  }

  protected isUnresolved(one: Execution): boolean {
    const isOutermost = one.parentId === null || one.tenant !== ''
    return hasFailed(one) && isOutermost && one.error?.code !== 'TENANTS_FAILED' && !this.#dismissed.has(one.id)
  }

  // --- the maps
  protected putOpen(execution: Execution): void {
    this.opened.set(execution.id, execution)
    const key = lockKeyText(execution)
    const line = this.#lines.get(key)
    if (line === undefined) this.#lines.set(key, new Set([execution.id]))
    else line.add(execution.id)
  }

  protected change(id: string, change: (execution: Execution) => Partial<Execution>): void {
    const execution = this.opened.get(id)
    if (execution !== undefined) this.opened.set(id, { ...execution, ...change(execution) })
  }

  protected conclude(execution: Execution): void {
    this.#leave(execution)
    this.record(execution)
  }

  #leave(execution: Execution): void {
    const key = lockKeyText(execution)
    const line = this.#lines.get(key)
    this.opened.delete(execution.id)
    if (line?.delete(execution.id) && line.size === 0) this.#lines.delete(key)
  }

  protected record(given: Execution): void {
    const isPlain = given.overrides === undefined && given.key === undefined
    const execution = isPlain ? given : withoutRequest(given)
    this.ended.set(execution.id, execution)
    this.latest = Math.max(this.latest ?? 0, execution.finishedAt ?? 0)
    this.#latestOf.set(execution.job, Math.max(this.#latestOf.get(execution.job) ?? 0, execution.finishedAt ?? 0))
    const ofJob = this.#byJob.get(execution.job) ?? new Set<string>()
    this.#byJob.set(execution.job, ofJob.add(execution.id))
  }

  protected lineOf(pair: LockKey): Execution[] {
    return [...(this.#lines.get(lockKeyText(pair)) ?? [])].flatMap((id) => this.opened.get(id) ?? [])
  }

  protected endedOf(job: string): Execution[] {
    return [...(this.#byJob.get(job) ?? [])].flatMap((id) => this.ended.get(id) ?? [])
  }

  protected queuedOnes(): Execution[] {
    return [...this.opened.values()].filter(({ status }) => status === 'QUEUED')
  }

  protected runningOnes(): Execution[] {
    return [...this.opened.values()].filter(({ status }) => status === 'RUNNING')
  }

  #hasOpenParent({ parentId }: Execution): boolean {
    return parentId !== null && this.opened.has(parentId)
  }
}

/** History keeps what came of an execution, not the key and the policy that it was given. */
function withoutRequest({ overrides: _overrides, key: _key, ...kept }: Execution): Execution {
  return kept
}

const hasFailed = (one: Execution | undefined): boolean => one?.status === 'FAILURE' || one?.status === 'STALE'

/** Part of a fan-out. */
const isChild = ({ parentId, tenant }: Execution): boolean => parentId !== null && tenant !== ''
