import { workerData } from 'node:worker_threads'
import { sleep, systemClock } from '../clock.ts'
import type { HeartTask } from '../execution/heart.ts'
import { openBeat } from '../store/beat.ts'

// The thread that beats for a node. It has a connection of its own, and lives until it is terminated: a store that is
// away for a while is tried again at the next beat.
const { url, node, every } = workerData as HeartTask
let beat: Awaited<ReturnType<typeof openBeat>> | undefined
for (;;) {
  await sleep(systemClock, every)
  try {
    beat ??= await openBeat(url)
    await beat.beat(node, systemClock.now())
  } catch {
    await beat?.close().catch(() => {})
    beat = undefined
  }
}
