/*
 * What the types of the main entry point promise. `npx tsc -p .` checks it; a line that must not compile says so, and
 * tsc complains where it does compile.
 */
import type { JobStore } from '../../runtime/index.ts'

/** A store is for reading, pausing and cancelling; what a worker does with it is internal. */
export async function storeOnlyReads(store: JobStore): Promise<void> {
  await store.pause('nightly', 'me', null, 0)
  await store.resume('nightly', 0)
  const answer: 'cancelled' | 'requested' | 'already-final' | 'unknown' = await store.cancel('id', 0)
  // @ts-expect-error claiming is internal
  store.claim
  // @ts-expect-error so is taking from the queue
  store.dequeue
  // @ts-expect-error and beginning
  store.begin
  // @ts-expect-error and completing
  store.complete
  // @ts-expect-error and the heartbeat
  store.heartbeat
  // @ts-expect-error the URL with its password is not shown
  store.target
  await store.execution(answer)
}
