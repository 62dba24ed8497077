import { isFinal } from '../store/execution.ts'
import type { Store } from '../store/store.ts'

/** Promises that wait for executions to end, retries and recoveries included: in this process, in another, or in the queue. */
export class CompletionWaiters {
  readonly #waiting = new Map<string, (() => void)[]>()

  /** `isRunningHere`: whether the engine itself will say when this execution ends. */
  constructor(
    private readonly store: Pick<Store, 'execution'>,
    private readonly isRunningHere: (executionId: string) => boolean,
  ) {}

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Resolves when the execution is settled. */
  add(executionId: string): Promise<void> {
    return new Promise((resolve) => {
      const others = this.#waiting.get(executionId)
      if (others === undefined) this.#waiting.set(executionId, [resolve])
      else others.push(resolve)
    })
  }

  /** The execution has ended. */
  settle(executionId: string): void {
    const waiters = this.#waiting.get(executionId) ?? []
    this.#waiting.delete(executionId)
    for (const resolve of waiters) resolve()
  }

  /** The process stops: what is still open ends elsewhere or later, and that can't be seen here. */
  settleAll(): void {
    for (const id of [...this.#waiting.keys()]) this.settle(id)
  }

  /** Asks the store for those that don't run here: they may end in another process, or be cancelled in the queue. */
  async look(): Promise<void> {
    for (const id of [...this.#waiting.keys()]) {
      if (this.isRunningHere(id)) continue
      const execution = await this.store.execution(id)
      if (execution === null || isFinal(execution.status)) this.settle(id)
    }
  }
}
