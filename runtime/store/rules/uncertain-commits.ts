import type { Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import type { Script } from '../transaction-script.ts'
import { end } from './endings.ts'
import { cancelledInQueue } from './transitions.ts'

/** How an execution was about to start when the answer to its commit was lost. */
type Origin = 'claim' | 'begin'

/**
 * Executions of this process that may be RUNNING without anybody knowing: the store was lost while their start was
 * being committed. The heartbeat would keep such a row alive for ever, so the next `take` looks for them: one that was
 * claimed is handed out then; one that was begun by a caller, who has been told of the failure, is cancelled.
 */
export class UncertainCommits {
  readonly #lost = new Map<string, Origin>()

  add(executions: readonly Execution[], origin: Origin): void {
    for (const { id } of executions) this.#lost.set(id, origin)
  }

  get isEmpty(): boolean {
    return this.#lost.size === 0
  }

  /** To be forgotten once the transaction of `settle` is committed. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#lost.delete(id)
  }

  /** Up to `limit` that turn out to run, and the ids that are dealt with. */
  *settle(tables: Tables, now: number, limit: number): Script<{ running: Execution[]; settled: string[] }> {
    const running: Execution[] = []
    const settled: string[] = []
    const found = new Map((yield* tables.running([...this.#lost.keys()])).map((one) => [one.id, one]))
    for (const [id, origin] of this.#lost) {
      const one = found.get(id)
      if (one !== undefined && origin === 'claim') {
        if (running.length >= limit) continue
        running.push(one)
      } else if (one !== undefined) {
        const reason = 'The store was lost while it was being started.'
        yield* end(tables, [cancelledInQueue(one, now, reason)], 'RUNNING', now)
      }
      settled.push(id)
    }
    return { running, settled }
  }
}
