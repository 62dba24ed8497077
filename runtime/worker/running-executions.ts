import { type Clock, sleep } from '../support/clock.ts'
import type { AbortCause } from './abort.ts'
import type { Executing } from './attempt.ts'

/** What is told to end may take this long before nobody waits for it any more, in ms. */
const ABORT_GRACE = 1500

/** Waits up to `grace` ms for all of them to end; then tells the rest to, and waits a moment more. */
export async function shutdown(
  running: readonly Executing[],
  clock: Clock,
  grace: number,
  cause: AbortCause,
): Promise<void> {
  if (running.length === 0) return
  const waiting = new AbortController()
  let isDone = false
  const all = Promise.allSettled(running.map((executing) => executing.done)).then(() => {
    isDone = true
    waiting.abort()
  })
  if (grace > 0) await Promise.race([all, sleep(clock, grace, waiting.signal)])
  if (isDone) return
  for (const executing of running) executing.abort(cause)
  await Promise.race([all, sleep(clock, ABORT_GRACE, waiting.signal)])
  waiting.abort()
}
