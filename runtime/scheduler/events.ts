import { EventEmitter } from 'node:events'
import type { ErrorRecord, Execution, Fire, SkipCause } from '../store/execution.ts'

/** What a scheduler tells those who listen. Listeners that throw are logged and change nothing. */
export interface SchedulerEvents {
  started: { readonly execution: Execution }
  succeeded: { readonly execution: Execution; readonly durationMs: number }
  /** An attempt failed; `willRetry` says whether another one follows. */
  failed: {
    readonly execution: Execution
    readonly error: ErrorRecord
    readonly thrown: unknown
    readonly willRetry: boolean
  }
  skipped: { readonly job: string; readonly scheduledFor: number; readonly cause: SkipCause; readonly reason: string }
  missed: { readonly job: string; readonly fire: Fire; readonly reason: string }
  /** Its process died: it was queued again (`recovered`), or its budget is spent. */
  stale: { readonly execution: Execution; readonly recovered: boolean }
}

/** A typed emitter whose listeners can't hurt the scheduler. */
export class SchedulerEmitter {
  readonly #emitter = new EventEmitter()
  readonly #onError: (event: string, error: unknown) => void

  constructor(onError: (event: string, error: unknown) => void) {
    this.#onError = onError
  }

  on<Name extends keyof SchedulerEvents>(name: Name, listener: (event: SchedulerEvents[Name]) => unknown): () => void {
    const guarded = (event: SchedulerEvents[Name]): void => {
      try {
        const result = listener(event)
        // Listeners mostly return nothing; what can be awaited is.
        if (typeof result === 'object' && result !== null) {
          Promise.resolve(result).catch((error: unknown) => this.#onError(name, error))
        }
      } catch (error) {
        this.#onError(name, error)
      }
    }
    this.#emitter.on(name, guarded)
    return () => this.#emitter.off(name, guarded)
  }

  emit<Name extends keyof SchedulerEvents>(name: Name, event: SchedulerEvents[Name]): void {
    this.#emitter.emit(name, event)
  }
}
