import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Logger } from '../logging/logger.ts'
import type { ErrorRecord, Execution, SkipCause } from '../store/execution.ts'
import { messageOf } from '../support/errors.ts'

/** The events of a scheduler. A listener that throws is logged and changes nothing. */
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
  skipped: SkippedFire
  /** Follows `skipped` for fires that no scheduler could run in time, and that `catchUp` doesn't run later. */
  missed: SkippedFire
  /** Its process died: it was queued again (`recovered`), or its budget is spent. */
  stale: { readonly execution: Execution; readonly recovered: boolean }
}

/** A fire that did not run, or several of one schedule that are recorded as one. Times: ms since the epoch. */
export interface SkippedFire {
  readonly job: string
  /** '' where there is none. */
  readonly tenant: string
  /** The instant of the fire; of several, the newest. */
  readonly scheduledFor: number
  readonly cause: SkipCause
  /** In words, for people. */
  readonly reason: string
  /** How many fires; counted up to 100,000. */
  readonly count: number
  /** The instants of the oldest and of the newest of these fires. */
  readonly from: number
  readonly until: number
}

/** A typed emitter whose listeners can't make the scheduler fail. */
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

/** What the module that `webstir.scheduler.hooks` names may export. A hook that throws is logged and changes nothing. */
export interface SchedulerHooks {
  onStart?(event: SchedulerEvents['started']): unknown
  onSuccess?(event: SchedulerEvents['succeeded']): unknown
  onFailure?(event: SchedulerEvents['failed']): unknown
  onSkip?(event: SchedulerEvents['skipped']): unknown
  onMissed?(event: SchedulerEvents['missed']): unknown
}

/** Loads the workspace's hooks and lets them listen. `build`: absolute path of build/backend. */
export async function attachHooks(events: SchedulerEmitter, build: string, source: string, log: Logger): Promise<void> {
  // Wherever its source lies, the build puts it here.
  const file = join(build, 'jobs', 'hooks.js')
  let hooks: SchedulerHooks
  try {
    const exports = await import(pathToFileURL(file).href)
    hooks = exports.default ?? exports
  } catch (error) {
    const what = existsSync(file) ? messageOf(error) : 'it was not built; run webstir build'
    log.error({ err: error }, `package.json: webstir.scheduler.hooks: ${source} can't be loaded: ${what}`)
    return
  }
  listen(events, hooks)
}

export function listen(events: SchedulerEmitter, hooks: SchedulerHooks): void {
  events.on('started', (event) => hooks.onStart?.(event))
  events.on('succeeded', (event) => hooks.onSuccess?.(event))
  events.on('failed', (event) => hooks.onFailure?.(event))
  events.on('skipped', (event) => hooks.onSkip?.(event))
  events.on('missed', (event) => hooks.onMissed?.(event))
}
