import type { LogOutput } from '../logging/logger.ts'
import { StoreError } from '../store/errors.ts'
import { type Clock, sleep, systemClock } from '../support/clock.ts'
import { StoreOutage } from '../worker/store-outage.ts'

const FIRST_DELAY = 250
/** What was due meanwhile is late by this much more, so it is short; a refused connection costs next to nothing. */
const LONGEST_DELAY = 2000

/** Waits for a store that is away: tries again with backoff. */
export class Reconnect {
  constructor(
    private readonly clock: Clock,
    private readonly outage: StoreOutage,
  ) {}

  /**
   * True when `work` succeeded; false when the signal was aborted first. Throws what is not transient. `work` gets
   * whether this is a further attempt.
   */
  async retryUntilBack(signal: AbortSignal, work: (isFurther: boolean) => Promise<void>): Promise<boolean> {
    let hasFailed = false
    for (let delay = FIRST_DELAY; ; delay = Math.min(delay * 2, LONGEST_DELAY)) {
      try {
        await work(hasFailed)
        this.outage.answered()
        return true
      } catch (error) {
        if (!this.outage.failed(error)) throw error
        hasFailed = true
        await sleep(this.clock, delay, signal)
        if (signal.aborted) return false
      }
    }
  }
}

/**
 * Opens what needs a store, and waits for a server that can't be reached yet: a machine often starts its scheduler before
 * its database. Undefined where the signal was aborted first. A permanent error (a wrong password) is thrown.
 */
export async function openWhenThere<Opened>(
  signal: AbortSignal,
  open: () => Promise<Opened>,
  log: () => LogOutput,
): Promise<Opened | undefined> {
  const isAway = (error: unknown): boolean => error instanceof StoreError && error.isAway
  let outage: StoreOutage | undefined
  let opened: Opened | undefined
  const attempt = async (): Promise<void> => {
    opened = await open()
  }
  try {
    await attempt()
  } catch (error) {
    if (!isAway(error)) throw error
    outage = new StoreOutage(systemClock, log().root)
    outage.failed(error)
    await new Reconnect(systemClock, outage).retryUntilBack(signal, attempt)
  }
  return opened
}
