import type { Tables } from '../driver.ts'
import { causeOf, type Execution, type Fire, type SkipCause } from '../execution.ts'
import { lockKeyText } from '../locks.ts'
import type { Script } from '../transaction-script.ts'
import { skippedRow } from './new-execution.ts'
import { skipText } from './transitions.ts'

interface Counting {
  row: Execution
  readonly isNew: boolean
  more: number
}

/**
 * The rows of a tick's lines into which skips are counted: one a line, until something else is recorded after it. What
 * is to be written gathers here.
 */
export class CountedSkips {
  readonly #counting = new Map<string, Counting>()
  /** New rows that nothing can be counted into any more. */
  readonly #ended: Execution[] = []
  readonly #closed: Counting[] = []

  constructor(open: readonly Execution[]) {
    for (const row of open) {
      if (row.status === 'SKIPPED') this.#counting.set(lockKeyText(row), { row, isNew: false, more: 0 })
    }
  }

  /** Whether a fire was counted into the row of its line. */
  covers(fire: Fire): boolean {
    const row = this.#counting.get(lockKeyText(fire))?.row
    if (row === undefined || row.scheduledFor > fire.scheduledFor) return false
    return fire.scheduledFor <= (row.skippedUntil ?? row.scheduledFor)
  }

  /** Counts a skip; returns the id of the row that counts it. */
  skip(fire: Fire, cause: SkipCause, reason: string, now: number): string {
    const key = lockKeyText(fire)
    const last = this.#counting.get(key)
    if (last !== undefined && causeOf(last.row.skipReason ?? '') === cause) {
      const { row } = last
      last.more += fire.count
      last.row = {
        ...row,
        skipCount: row.skipCount + fire.count,
        skippedUntil: Math.max(row.skippedUntil ?? row.scheduledFor, fire.scheduledFor),
        finishedAt: now,
      }
      return row.id
    }
    this.#close(key)
    const row = skippedRow(fire, skipText(cause, reason), now)
    this.#counting.set(key, { row, isNew: true, more: 0 })
    return row.id
  }

  /** An execution of the line is recorded: later skips begin a new row. */
  interrupt(execution: Pick<Execution, 'job' | 'tenant' | 'scheduledFor'>): void {
    const key = lockKeyText(execution)
    const last = this.#counting.get(key)
    if (last !== undefined && last.row.scheduledFor <= execution.scheduledFor) this.#close(key)
  }

  *write(tables: Tables): Script<void> {
    const counting = [...this.#counting.values()]
    const fresh = counting.filter(({ isNew }) => isNew).map(({ row }) => row)
    const extended = [...counting, ...this.#closed].filter(({ isNew, more }) => !isNew && more > 0)
    if (extended.length > 0) yield* tables.extendSkips(extended.map(extension))
    if (this.#closed.length > 0) yield* tables.closeSkips(this.#closed.map(({ row }) => row.id))
    if (this.#ended.length > 0) yield* tables.insertEnded(this.#ended)
    if (fresh.length > 0) yield* tables.insert(fresh.map((execution) => ({ execution, waits: 0, followed: false })))
  }

  #close(key: string): void {
    const last = this.#counting.get(key)
    if (last === undefined) return
    this.#counting.delete(key)
    if (last.isNew) this.#ended.push(last.row)
    else this.#closed.push(last)
  }
}

const extension = ({ row, more }: Counting): { id: string; count: number; until: number; at: number } => ({
  id: row.id,
  count: more,
  until: row.skippedUntil ?? row.scheduledFor,
  at: row.finishedAt ?? 0,
})
