import type { Logger } from '../logging/logger.ts'
import { type Clock, sleep } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'

const FIRST_DELAY = 250
/** What was due meanwhile is late by this much more, so it is short; a refused connection costs next to nothing. */
const LONGEST_DELAY = 2000
/** Errors of the store that pass by themselves; anything else is for a person to mend. */
const PASSING = new Set(['STORE_BUSY', 'STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_READ_ONLY'])

/** Rides out a store that is away: tries again with backoff, and says once when it went and once when it is back. */
export class Reconnect {
  #since: number | undefined

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** True when `work` succeeded; false when the signal was aborted first. Throws what doesn't pass by itself. */
  async retryUntilBack(signal: AbortSignal, work: () => Promise<void>): Promise<boolean> {
    for (let delay = FIRST_DELAY; ; delay = Math.min(delay * 2, LONGEST_DELAY)) {
      try {
        await work()
        this.#isBack()
        return true
      } catch (error) {
        if (!(error instanceof JobsError) || !PASSING.has(error.code)) throw error
        this.#isAway(error)
        await sleep(this.clock, delay, signal)
        if (signal.aborted) return false
      }
    }
  }

  #isAway(error: JobsError): void {
    if (this.#since !== undefined) return
    this.#since = this.clock.now()
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    this.log.error(
      { code: error.code },
      `the store is away; keeping the time and trying again: ${messageOf(error)}${hint}`,
    )
  }

  #isBack(): void {
    if (this.#since === undefined) return
    const seconds = Math.round((this.clock.now() - this.#since) / 1000)
    this.#since = undefined
    this.log.info(`the store is back after ${seconds} s; what was due meanwhile is dealt with now`)
  }
}
