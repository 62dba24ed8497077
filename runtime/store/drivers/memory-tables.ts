import { copyOf } from '../../support/copy.ts'
import type { Dependency, Ending, LastSkip, LogSize, PauseHistory, StoredSchedule, Tables } from '../driver.ts'
import type { Attempt, Execution, LogLine, SkipCause } from '../execution.ts'
import type { NodeRecord } from '../job-store.ts'
import { type LockKey, lockKeyText } from '../locks.ts'
import type { ScheduleRegistration } from '../store.ts'
import { result } from '../transaction-script.ts'

/** A lingering lock. */
interface Lock extends LockKey {
  readonly executionId: string
  readonly owner: string
}

interface Log {
  lines: LogLine[]
  bytes: number
  cut: number
}

/** The tables as maps, for one process. Rows are replaced, never changed, so what was handed out stays as it was. */
export class MemoryTables implements Tables {
  readonly #executions = new Map<string, Execution>()
  /** Ids of the open executions of each (job, tenant): the only ones that rules keep asking for. */
  readonly #open = new Map<string, Set<string>>()
  /** Ids by job, in the order of insertion. */
  readonly #byJob = new Map<string, Set<string>>()
  readonly #causes = new Map<string, SkipCause>()
  /** Kept apart, because each tick asks; what is pruned may have held it, which only costs a look. */
  #newestInstant: number | null = null
  readonly #attempts = new Map<string, Attempt[]>()
  readonly #logs = new Map<string, Log>()
  readonly #schedules = new Map<string, StoredSchedule>()
  readonly #locks = new Map<string, Lock>()
  readonly #pauses = new Map<string, PauseHistory>()
  readonly #nodes = new Map<string, NodeRecord>()

  // --- schedules
  schedules(keys: readonly string[] | null) {
    if (keys === null) return result([...this.#schedules.values()])
    return result(keys.flatMap((key) => this.#schedules.get(key) ?? []))
  }

  watermarks(keys: readonly string[]) {
    const found = keys.flatMap((key) => this.#schedules.get(key) ?? [])
    return result<ReadonlyMap<string, number>>(new Map(found.map(({ key, watermark }) => [key, watermark])))
  }

  moveMarks(watermarks: readonly { key: string; to: number }[]) {
    for (const { key, to } of watermarks) {
      const stored = this.#schedules.get(key)
      if (stored !== undefined && stored.watermark < to) this.#schedules.set(key, { ...stored, watermark: to })
    }
    return result(undefined)
  }

  putSchedules(schedules: readonly ScheduleRegistration[]) {
    for (const { key, job, expression, timezone, watermark, anchor } of schedules) {
      this.#schedules.set(key, { key, job, expression, timezone, watermark, anchor, retired: false })
    }
    return result(undefined)
  }

  retireSchedules(keys: readonly string[]) {
    for (const key of keys) {
      const stored = this.#schedules.get(key)
      if (stored !== undefined) this.#schedules.set(key, { ...stored, retired: true })
    }
    return result(undefined)
  }

  // --- locks
  lockPairs(pairs: readonly LockKey[]) {
    return result(pairs)
  }

  retained() {
    const found = []
    for (const { job, tenant, executionId, owner } of this.#locks.values()) {
      const node = this.#nodes.get(owner)
      if (node !== undefined) found.push({ job, tenant, executionId, owner, heartbeatAt: node.heartbeatAt })
    }
    return result(found)
  }

  retainLock(executionIds: readonly string[]) {
    for (const id of executionIds) {
      const one = this.#executions.get(id)
      if (one?.lock !== 'exclusive') continue
      const { job, tenant, owner } = one
      this.#locks.set(lockKeyText(one), { job, tenant, executionId: id, owner })
    }
    return result(undefined)
  }

  freeRetainedLock(executionId: string) {
    for (const [key, lock] of this.#locks) if (lock.executionId === executionId) this.#locks.delete(key)
    return result(undefined)
  }

  // --- executions
  byIds(ids: readonly string[]) {
    return result(ids.flatMap((id) => this.#executions.get(id) ?? []))
  }

  openOf(pairs: readonly LockKey[]) {
    return result(pairs.flatMap((pair) => this.#openIn(lockKeyText(pair))))
  }

  nextOf(pairs: readonly LockKey[]) {
    return this.openOf(pairs)
  }

  duePairs(now: number, _staleBefore: number, limit: number, offset: number) {
    const due = this.#queued().filter(({ availableAt }) => availableAt <= now)
    due.sort((a, b) => b.priority - a.priority || a.scheduledFor - b.scheduledFor || (a.id < b.id ? -1 : 1))
    return result(due.slice(offset, offset + limit).map(({ job, tenant }): LockKey => ({ job, tenant })))
  }

  claimedAmong(fires: Parameters<Tables['claimedAmong']>[0]) {
    const found = new Set<number>()
    fires.forEach((fire, place) => {
      if (fire.scheduleKey === '') return
      const isClaimed = this.#of(fire.job).some(
        (one) =>
          one.scheduledFor === fire.scheduledFor && one.scheduleKey === fire.scheduleKey && one.tenant === fire.tenant,
      )
      if (isClaimed) found.add(place)
    })
    return result<ReadonlySet<number>>(found)
  }

  newestInstant() {
    return result(this.#newestInstant)
  }

  dependencies(wanted: readonly { job: string; scheduledFor: number }[]) {
    const found: Dependency[] = []
    for (const { job, scheduledFor } of wanted) {
      for (const one of this.#of(job)) {
        if (one.trigger !== 'schedule' && one.trigger !== 'catch-up') continue
        const until = one.skippedUntil ?? one.scheduledFor
        const covers = one.status === 'SKIPPED' && one.scheduledFor <= scheduledFor && scheduledFor <= until
        if (one.scheduledFor !== scheduledFor && !covers) continue
        found.push({ job, tenant: one.tenant, status: one.status, scheduledFor: one.scheduledFor, until })
      }
    }
    return result(found)
  }

  lastSkips(pairs: readonly LockKey[]) {
    const found: LastSkip[] = []
    for (const { job, tenant } of pairs) {
      const mine = this.#of(job).filter((one) => one.tenant === tenant)
      const last = mine.findLast(({ status }) => status === 'SKIPPED')
      const cause = last === undefined ? undefined : this.#causes.get(last.id)
      if (last === undefined || cause === undefined) continue
      const isNewest = !mine.some(({ id, scheduledFor }) => id > last.id && scheduledFor >= last.scheduledFor)
      const { id, scheduledFor } = last
      found.push({ job, tenant, id, cause, scheduledFor, skippedUntil: last.skippedUntil ?? scheduledFor, isNewest })
    }
    return result(found)
  }

  insert(executions: readonly Execution[], causes: ReadonlyMap<string, SkipCause>) {
    for (const execution of executions) {
      this.#put(copyOf(execution))
      this.#newestInstant = Math.max(this.#newestInstant ?? execution.scheduledFor, execution.scheduledFor)
      const ofJob = this.#byJob.get(execution.job) ?? new Set<string>()
      this.#byJob.set(execution.job, ofJob.add(execution.id))
    }
    for (const [id, cause] of causes) this.#causes.set(id, cause)
    return result(undefined)
  }

  extendSkips(more: readonly { id: string; count: number; until: number; at: number }[]) {
    for (const { id, count, until, at } of more) {
      this.#change(id, (one) => ({ skipCount: one.skipCount + count, skippedUntil: until, finishedAt: at }))
    }
    return result(undefined)
  }

  start(starting: readonly { id: string; attempt: number }[], node: string, now: number) {
    const started = new Set<string>()
    for (const { id, attempt } of starting) {
      if (this.#executions.get(id)?.status !== 'QUEUED') continue
      this.#change(id, () => ({ status: 'RUNNING', attempt, owner: node, heartbeatAt: now, startedAt: now }))
      started.add(id)
    }
    return result<ReadonlySet<string>>(started)
  }

  end(endings: readonly Ending[], from: 'QUEUED' | 'RUNNING') {
    const changed = new Set<string>()
    for (const ending of endings) {
      if (this.#executions.get(ending.id)?.status !== from) continue
      const { status, owner, availableAt, finishedAt, error, skip, recoveries } = ending
      this.#change(ending.id, () => ({
        status,
        owner,
        availableAt,
        finishedAt,
        error,
        recoveries,
        skipReason: skip?.reason ?? null,
        skipCount: skip === null ? 0 : 1,
        skippedUntil: skip?.until ?? null,
      }))
      if (skip !== null) this.#causes.set(ending.id, skip.cause)
      changed.add(ending.id)
    }
    return result<ReadonlySet<string>>(changed)
  }

  succeed(ends: readonly { id: string; attempt: number; at: number }[], owner: string) {
    const ended = new Set<string>()
    const attempts: Attempt[] = []
    for (const { id, attempt, at } of ends) {
      const one = this.#executions.get(id)
      if (one?.status !== 'RUNNING' || one.owner !== owner || one.attempt !== attempt) continue
      this.#change(id, () => ({ status: 'SUCCESS', finishedAt: at, error: null }))
      attempts.push({ executionId: id, attempt, owner, startedAt: one.startedAt ?? 0, finishedAt: at, error: null })
      ended.add(id)
    }
    this.insertAttempts(attempts)
    return result<ReadonlySet<string>>(ended)
  }

  requestCancel(ids: readonly string[], now: number) {
    for (const id of ids) {
      const one = this.#executions.get(id)
      if (one?.status === 'RUNNING' && one.cancelRequestedAt === null) {
        this.#change(id, () => ({ cancelRequestedAt: now }))
      }
    }
    return result(undefined)
  }

  cancelRequests(node: string) {
    const asked = this.#running().filter((one) => one.owner === node && one.cancelRequestedAt !== null)
    return result(asked.map(({ id }) => id))
  }

  stale(before: number, limit: number) {
    return result(
      this.#running()
        .filter((one) => (one.heartbeatAt ?? 0) < before)
        .slice(0, limit),
    )
  }

  running(ids: readonly string[]) {
    const found = new Set(ids)
    return result(
      [...found].flatMap((id) => this.#executions.get(id) ?? []).filter(({ status }) => status === 'RUNNING'),
    )
  }

  setProgress(id: string, percent: number, message: string | null) {
    this.#change(id, () => ({ progress: { percent, message } }))
    return result(undefined)
  }

  list(filter: Parameters<Tables['list']>[0]) {
    const { jobs, statuses, since, until, tenant, parentId, idPrefix = '', idSuffix = '', limit = 50 } = filter
    const all = jobs === undefined ? [...this.#executions.values()] : jobs.flatMap((job) => this.#of(job))
    const found = all.filter(
      (one) =>
        (statuses === undefined || statuses.includes(one.status)) &&
        (since === undefined || one.scheduledFor >= since) &&
        (until === undefined || one.scheduledFor <= until) &&
        (tenant === undefined || one.tenant === tenant) &&
        (parentId === undefined || one.parentId === parentId) &&
        one.id.startsWith(idPrefix) &&
        one.id.endsWith(idSuffix),
    )
    found.sort((a, b) => b.scheduledFor - a.scheduledFor || (a.id < b.id ? 1 : -1))
    return result(found.slice(0, limit))
  }

  nextAvailableAt() {
    const queued = this.#queued()
    return result(
      queued.length === 0 ? null : queued.reduce((least, one) => Math.min(least, one.availableAt), Infinity),
    )
  }

  // --- attempts and logs
  insertAttempts(attempts: readonly Attempt[]) {
    for (const one of attempts) {
      this.#attempts.set(one.executionId, [...(this.#attempts.get(one.executionId) ?? []), copyOf(one)])
    }
    return result(undefined)
  }

  attempts(executionId: string) {
    return result([...(this.#attempts.get(executionId) ?? [])])
  }

  logSize(executionId: string) {
    const log = this.#logs.get(executionId)
    return result<LogSize>({ lines: log?.lines.length ?? 0, bytes: log?.bytes ?? 0, cut: log?.cut ?? 0 })
  }

  addLog(executionId: string, _attempt: number, _from: number, lines: readonly LogLine[]) {
    const log = this.#logs.get(executionId) ?? { lines: [], bytes: 0, cut: 0 }
    this.#logs.set(executionId, log)
    log.lines.push(...copyOf(lines))
    for (const { message, data } of lines) {
      log.bytes += Buffer.byteLength(message) + (data === null ? 0 : JSON.stringify(data).length)
    }
    return result(undefined)
  }

  cutLog(executionId: string, _attempt: number, _line: number, note: LogLine, cut: number) {
    const log = this.#logs.get(executionId) ?? { lines: [], bytes: 0, cut: 0 }
    this.#logs.set(executionId, log)
    if (log.cut > 0) log.lines.pop()
    log.lines.push(note)
    log.cut = cut
    return result(undefined)
  }

  logLines(executionId: string, from: number) {
    return result((this.#logs.get(executionId)?.lines ?? []).slice(from))
  }

  // --- pausing
  pauses(job: string | null) {
    if (job === null) return result([...this.#pauses.values()])
    const history = this.#pauses.get(job)
    return result(history === undefined ? [] : [history])
  }

  putPause(pause: PauseHistory) {
    this.#pauses.set(pause.job, pause)
    return result(undefined)
  }

  // --- nodes
  putNode(node: NodeRecord) {
    this.#nodes.set(node.id, copyOf(node))
    return result(undefined)
  }

  heartbeat(node: string, now: number) {
    const known = this.#nodes.get(node)
    if (known !== undefined) this.#nodes.set(node, { ...known, heartbeatAt: now })
    for (const { id, owner } of this.#running()) if (owner === node) this.#change(id, () => ({ heartbeatAt: now }))
    return result(undefined)
  }

  setNextWake(node: string, at: number) {
    const known = this.#nodes.get(node)
    if (known !== undefined) this.#nodes.set(node, { ...known, nextWakeAt: at })
    return result(undefined)
  }

  removeNode(id: string) {
    this.#nodes.delete(id)
    return result(undefined)
  }

  nodes() {
    return result([...this.#nodes.values()].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)))
  }

  // --- keeping house
  finishedBefore(before: number, limit: number) {
    const old: string[] = []
    for (const { id, finishedAt, queuedAt } of this.#executions.values()) {
      // They stand in the order in which they were queued, so that no later one can have finished before.
      if (old.length >= limit || queuedAt >= before) break
      if (finishedAt !== null && finishedAt < before) old.push(id)
    }
    return result(old)
  }

  jobsBeyond(keep: number) {
    const found: string[] = []
    for (const [job, ids] of this.#byJob) if (ids.size > keep) found.push(job)
    return result(found)
  }

  beyond(job: string, keep: number, limit: number) {
    if ((this.#byJob.get(job)?.size ?? 0) <= keep) return result([])
    const mine = this.#of(job).filter(({ finishedAt }) => finishedAt !== null)
    mine.sort((a, b) => b.scheduledFor - a.scheduledFor)
    return result(mine.slice(keep, keep + limit).map(({ id }) => id))
  }

  remove(ids: readonly string[]) {
    for (const id of ids) {
      const job = this.#executions.get(id)?.job
      if (job !== undefined) this.#byJob.get(job)?.delete(id)
      this.#executions.delete(id)
      this.#causes.delete(id)
      this.#attempts.delete(id)
      this.#logs.delete(id)
    }
    return result(undefined)
  }

  // --- the maps
  #put(execution: Execution): void {
    this.#executions.set(execution.id, execution)
    const key = lockKeyText(execution)
    const open = this.#open.get(key)
    if (execution.status === 'QUEUED' || execution.status === 'RUNNING') {
      if (open === undefined) this.#open.set(key, new Set([execution.id]))
      else open.add(execution.id)
    } else if (open?.delete(execution.id) && open.size === 0) this.#open.delete(key)
  }

  #change(id: string, change: (execution: Execution) => Partial<Execution>): void {
    const execution = this.#executions.get(id)
    if (execution !== undefined) this.#put({ ...execution, ...change(execution) })
  }

  #openIn(key: string): Execution[] {
    return [...(this.#open.get(key) ?? [])].flatMap((id) => this.#executions.get(id) ?? [])
  }

  #allOpen(): Execution[] {
    return [...this.#open.keys()].flatMap((key) => this.#openIn(key))
  }

  #queued(): Execution[] {
    return this.#allOpen().filter(({ status }) => status === 'QUEUED')
  }

  #running(): Execution[] {
    return this.#allOpen().filter(({ status }) => status === 'RUNNING')
  }

  #of(job: string): Execution[] {
    return [...(this.#byJob.get(job) ?? [])].flatMap((id) => this.#executions.get(id) ?? [])
  }
}
