import { copyOf } from '../../support/copy.ts'
import type { Drain, LogSize, PauseHistory, Tables } from '../driver.ts'
import type { Attempt, Execution, LogLine } from '../execution.ts'
import type { LockKey, RetainedLock } from '../locks.ts'
import type { LastNominal, ScheduleTables, StoredSchedule, WantedFire } from '../schedule-tables.ts'
import type { ScheduleRegistration } from '../store.ts'
import { result } from '../transaction-script.ts'
import { MemoryNodes } from './memory-nodes.ts'

interface Log {
  lines: LogLine[]
  bytes: number
  cut: number
}

type Records = ScheduleTables &
  Pick<
    Tables,
    | 'lockPairs'
    | 'retained'
    | 'retainLock'
    | 'freeRetainedLock'
    | 'insertAttempts'
    | 'attempts'
    | 'logSize'
    | 'addLog'
    | 'cutLog'
    | 'logLines'
    | 'pauses'
    | 'putPause'
  >

/** Everything but executions and fires, as maps. Rows are replaced, never changed, so what was handed out stays as it was. */
export class MemoryRecords extends MemoryNodes implements Records {
  readonly #attempts = new Map<string, Attempt[]>()
  readonly #logs = new Map<string, Log>()
  readonly #schedules = new Map<string, StoredSchedule>()
  /** By the id of the execution. */
  readonly #retained = new Map<string, LockKey & { readonly owner: string }>()
  readonly #pauses = new Map<string, PauseHistory>()

  // --- schedules
  schedules(keys: readonly string[] | null) {
    if (keys === null) return result([...this.#schedules.values()])
    return result(keys.flatMap((key) => this.#schedules.get(key) ?? []))
  }

  watermarks(keys: readonly string[]) {
    const found = keys.flatMap((key) => this.#schedules.get(key) ?? [])
    return result<ReadonlyMap<string, number>>(new Map(found.map(({ key, watermark }) => [key, watermark])))
  }

  moveWatermarks(watermarks: readonly { key: string; to: number }[]) {
    for (const { key, to } of watermarks) {
      const stored = this.#schedules.get(key)
      if (stored !== undefined && stored.watermark < to) this.#schedules.set(key, { ...stored, watermark: to })
    }
    return result(undefined)
  }

  nominalTimes(keys: readonly string[]) {
    const found = new Map<string, LastNominal>()
    for (const key of keys) {
      const nominal = this.#schedules.get(key)?.nominal ?? null
      if (nominal !== null) found.set(key, nominal)
    }
    return result<ReadonlyMap<string, LastNominal>>(found)
  }

  setNominalTimes(times: ReadonlyMap<string, LastNominal>) {
    for (const [key, nominal] of times) {
      const stored = this.#schedules.get(key)
      if (stored !== undefined) this.#schedules.set(key, { ...stored, nominal })
    }
    return result(undefined)
  }

  firesFor(wanted: readonly WantedFire[]) {
    const all = [...this.#schedules.values()]
    return result(
      wanted.flatMap((want) => {
        const zone = this.#schedules.get(want.scheduleKey)?.timezone
        return all.flatMap(({ job, timezone, nominal }) =>
          job === want.job && timezone === zone && nominal?.local === want.local
            ? [{ ...want, scheduledFor: nominal.firedAt }]
            : [],
        )
      }),
    )
  }

  putSchedules(schedules: readonly (ScheduleRegistration & { readonly nominal?: LastNominal | null })[]) {
    for (const { key, job, expression, timezone, watermark, anchor, nominal = null } of schedules) {
      this.#schedules.set(key, { key, job, expression, timezone, watermark, anchor, nominal, retired: false })
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
    const found: RetainedLock[] = []
    for (const [executionId, { job, tenant, owner }] of this.#retained) {
      const node = this.node(owner)
      if (node !== undefined) found.push({ job, tenant, executionId, owner, heartbeatAt: node.heartbeatAt })
    }
    return result(found)
  }

  retainLock(executions: readonly Execution[]) {
    for (const { id, job, tenant, owner } of executions) this.#retained.set(id, { job, tenant, owner })
    return result(undefined)
  }

  freeRetainedLock(executionId: string) {
    this.#retained.delete(executionId)
    return result(undefined)
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
  pauses() {
    return result([...this.#pauses.values()])
  }

  protected drains(now: number): Drain[] {
    const isOn = ({ paused, until, drain }: PauseHistory): boolean => paused && drain && (until === null || until > now)
    return [...this.#pauses.values()].filter(isOn)
  }

  putPause(pause: PauseHistory) {
    this.#pauses.set(`${pause.scope} ${pause.job}`, pause)
    return result(undefined)
  }

  /** What belongs to an execution that is deleted. */
  removeOf(executionId: string): void {
    this.#attempts.delete(executionId)
    this.#logs.delete(executionId)
  }
}
