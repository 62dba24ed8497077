import { workerData } from 'node:worker_threads'
import { sleep, systemClock } from '../support/clock.ts'
import type { HeartbeatTask } from '../worker/node-session.ts'

/** What it takes to reach a store is loaded after this, in ms: most runs by hand are over before. */
const HEAD_START = 300

// The thread that sends a node's heartbeats. It has its own connection, and lives until it is terminated: a store that
// is away for a while is tried again at the next heartbeat.
const { url, node, every } = workerData as HeartbeatTask
const start = Math.min(HEAD_START, every)
await sleep(systemClock, start)
const { openHeartbeat } = await import('../store/heartbeat-connection.ts')
await sleep(systemClock, every - start)
let heartbeat: Awaited<ReturnType<typeof openHeartbeat>> | undefined
for (;;) {
  try {
    heartbeat ??= await openHeartbeat(url)
    await heartbeat.heartbeat(node, systemClock.now())
  } catch {
    await heartbeat?.close().catch(() => {})
    heartbeat = undefined
  }
  await sleep(systemClock, every)
}
