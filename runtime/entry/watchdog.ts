import { workerData } from 'node:worker_threads'
import { sleep, systemClock } from '../support/clock.ts'
import { killOwnTree } from '../worker/child-process.ts'

// A thread of an isolated execution's process. When the scheduler above it was killed, another one takes the execution
// over, so this process must end, also where its job blocks the event loop. The scheduler's process
// id is what it said itself: by the time that this thread looks, it may be gone already.
const INTERVAL = 500
const scheduler = workerData as number
while (process.ppid === scheduler) await sleep(systemClock, INTERVAL)
killOwnTree()
