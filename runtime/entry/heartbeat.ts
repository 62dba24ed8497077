import { workerData } from 'node:worker_threads'
import { sleep, systemClock } from '../support/clock.ts'
import type { HeartTask } from '../worker/node-session.ts'

/** What it takes to reach a store is loaded after this, in ms: most runs by hand are over before. */
const HEAD_START = 300

// The thread that beats for a node. It has a connection of its own, and lives until it is terminated: a store that is
// away for a while is tried again at the next beat.
const { url, node, every } = workerData as HeartTask
const start = Math.min(HEAD_START, every)
await sleep(systemClock, start)
const { openBeat } = await import('../store/heartbeat-connection.ts')
await sleep(systemClock, every - start)
let beat: Awaited<ReturnType<typeof openBeat>> | undefined
for (;;) {
  try {
    beat ??= await openBeat(url)
    await beat.beat(node, systemClock.now())
  } catch {
    await beat?.close().catch(() => {})
    beat = undefined
  }
  await sleep(systemClock, every)
}
