/** A timer that was started; cancelling it twice, or after it rang, does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * The only source of time in `runtime/`. Everything that waits or asks the time takes one of these, so that a test
 * can move time instead of waiting for it.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. May step back or jump forward, as the machine's clock does. */
  now(): number
  /** Calls `ring` once after `milliseconds`. A ref'd timer keeps the process alive; `unref` ones don't. */
  after(milliseconds: number, ring: () => void, options?: { unref?: boolean }): Timer
}

/** Timers longer than this overflow in Node (setTimeout takes a signed 32-bit count) and would ring at once. */
const LONGEST_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, ring, options) {
    const ringsAt = Date.now() + milliseconds
    let handle: NodeJS.Timeout
    const set = (left: number): void => {
      const step = Math.min(Math.max(0, left), LONGEST_TIMER)
      handle = setTimeout(() => (left > LONGEST_TIMER ? set(ringsAt - Date.now()) : ring()), step)
      if (options?.unref === true) handle.unref()
    }
    set(milliseconds)
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `milliseconds` of `clock`'s time, or as soon as `signal` is aborted, whichever comes first. */
export function sleep(
  clock: Clock,
  milliseconds: number,
  signal?: AbortSignal,
  options?: { unref?: boolean },
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const wake = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = clock.after(milliseconds, wake, options)
    signal?.addEventListener('abort', wake, { once: true })
  })
}

/** Waits until `work` has ended, well or not, but no longer than `limit` ms. */
export async function endedWithin(clock: Clock, limit: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const ended = work.then(
    () => {},
    () => {},
  )
  await Promise.race([ended, sleep(clock, limit, over.signal)])
  over.abort()
}

/** Resolves in the next turn of the event loop, when every promise that is settled by now has been dealt with. */
export function nextTurn(): Promise<void> {
  // One for all who wait for the same turn: where hundreds of jobs end together, hundreds would be noticed.
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}

let turn: Promise<void> | undefined
