import type { HeldKey, JobKey, KeyTables } from '../key-tables.ts'
import type { ResultTables } from '../result-tables.ts'
import { result } from '../transaction-script.ts'
import { MemoryRecords } from './memory-records.ts'

interface StoredKey extends HeldKey {
  readonly freeAt: number | null
}

const textOf = ({ job, tenant, key }: JobKey): string => [job, tenant, key].join('\u0000')

/** Keys and results of enqueued work, as maps. */
export class MemoryKeys extends MemoryRecords implements Omit<KeyTables, 'reschedule'>, ResultTables {
  readonly #results = new Map<string, string>()
  readonly #keys = new Map<string, StoredKey>()
  /** Texts of the keys that executions have, by their ids. */
  readonly #byExecution = new Map<string, string>()

  protected hasKey(executionId: string): boolean {
    return this.#byExecution.has(executionId)
  }

  keyHolder(key: JobKey, now: number) {
    const held = this.#keys.get(textOf(key))
    return result(held === undefined || (held.freeAt !== null && held.freeAt <= now) ? null : held)
  }

  takeKey(held: HeldKey, now: number) {
    const text = textOf(held)
    const known = this.#keys.get(text)
    if (known !== undefined && (known.freeAt === null || known.freeAt > now)) return result(false)
    if (known !== undefined) this.#byExecution.delete(known.executionId)
    this.#keys.set(text, { ...held, freeAt: null })
    this.#byExecution.set(held.executionId, text)
    return result(true)
  }

  freeKeys(executionIds: readonly string[], at: number, when: 'start' | 'end') {
    for (const id of executionIds) {
      const text = this.#byExecution.get(id) ?? ''
      const held = this.#keys.get(text)
      if (held === undefined || held.freeAt !== null || (when === 'start' && !held.freesAtStart)) continue
      if (held.keepFor > 0) this.#keys.set(text, { ...held, freeAt: at + held.keepFor })
      else this.#forget(text, held)
    }
    return result(undefined)
  }

  removeFreeKeys(before: number) {
    for (const [text, held] of this.#keys) if (held.freeAt !== null && held.freeAt < before) this.#forget(text, held)
    return result(undefined)
  }

  insertResults(results: Parameters<ResultTables['insertResults']>[0]) {
    for (const { executionId, value } of results) this.#results.set(executionId, value)
    return result(undefined)
  }

  result(executionId: string) {
    return result(this.#results.get(executionId) ?? null)
  }

  override removeOf(executionId: string): void {
    this.#results.delete(executionId)
    super.removeOf(executionId)
  }

  #forget(text: string, { executionId }: StoredKey): void {
    this.#keys.delete(text)
    this.#byExecution.delete(executionId)
  }
}
