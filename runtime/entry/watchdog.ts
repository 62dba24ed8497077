import { sleep, systemClock } from '../clock.ts'

// A thread of an isolated execution's process. When the scheduler above it was killed, another one takes the execution
// over, so this process must end, also where its job blocks the event loop and hears of nothing.
const INTERVAL = 500
const scheduler = process.ppid
while (process.ppid === scheduler) await sleep(systemClock, INTERVAL)
process.kill(process.pid, 'SIGKILL')
