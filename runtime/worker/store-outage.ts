import type { Logger } from '../logging/logger.ts'
import type { Clock } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'

/** Transient errors of the store; anything else needs a person to fix it. */
const PASSING = new Set(['STORE_BUSY', 'STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_READ_ONLY'])

/** Says once that the store is away and once that it is back, whichever part of the process notices first. */
export class StoreOutage {
  #since: number | undefined

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  get isAway(): boolean {
    return this.#since !== undefined
  }

  /** True for a transient error, which is then reported here. Any other error is the caller's. */
  failed(error: unknown): boolean {
    if (!(error instanceof JobsError) || !PASSING.has(error.code)) return false
    if (this.#since !== undefined) return true
    this.#since = this.clock.now()
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    this.log.error(
      { code: error.code },
      `the store is away; keeping the time and trying again: ${messageOf(error)}${hint}`,
    )
    return true
  }

  /** The store answered. */
  answered(): void {
    if (this.#since === undefined) return
    const seconds = Math.round((this.clock.now() - this.#since) / 1000)
    this.#since = undefined
    this.log.info(`the store is back after ${seconds} s; what was due meanwhile is dealt with now`)
  }
}
