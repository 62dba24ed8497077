import { type Clock, sleep } from '../clock.ts'
import type { Execution, LogLine } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import { isFinal } from './status.ts'

/** How often the store is asked for more, in ms. */
const POLL = 300

/**
 * The lines of an execution's log as they come, until it is final; returns how it ended, or null where it was pruned
 * meanwhile. The outcome is written after the last line, so what is read after it is complete.
 */
export async function* followLog(
  store: Store,
  id: string,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<LogLine, Execution | null, undefined> {
  let from = 0
  for (;;) {
    const execution = await store.execution(id)
    const lines = await store.logLines(id, from)
    yield* lines
    from += lines.length
    if (execution === null || isFinal(execution.status) || signal?.aborted) return execution
    await sleep(clock, POLL, signal)
  }
}
