/* A worker process of the benchmark of throughput: `rate-process.mjs KIND URL PLACE`. */
import { graphileWorker, pgBossWorker } from './peers.ts'
import type { FromWorker, RateWorker, ToWorker } from './rate-worker.ts'
import { directWorker, queueWorker } from './scheduler-workers.ts'

const [, , kind, url = '', place = '0'] = process.argv
let counted = 0
const done = (jobs: number): void => {
  counted += jobs
}
const say = (message: FromWorker): void => {
  process.send?.(message)
}

function open(): Promise<RateWorker> {
  switch (kind) {
    case 'direct':
      return directWorker(url, Number(place), done)
    case 'queue':
      return queueWorker(url, done)
    case 'pg-boss':
      return pgBossWorker(url, done)
    case 'graphile':
      return graphileWorker(url, done)
    default:
      throw new Error(`there is no worker "${kind}"`)
  }
}

const cpuTime = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

const worker = await open()
let spent = cpuTime()
const counting = setInterval(() => {
  if (counted === 0) return
  const now = cpuTime()
  say({ done: counted, cpu: now - spent })
  counted = 0
  spent = now
}, 5)
process.on('message', (message: ToWorker) => {
  if ('add' in message) {
    worker.add(message.add).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  } else {
    clearInterval(counting)
    void worker.close().then(() => process.exit(0))
  }
})
say({ ready: true })
