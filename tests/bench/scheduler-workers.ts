import { setTimeout as sleep } from 'node:timers/promises'
import type { EnqueueRequest } from '../../runtime/store/enqueue-request.ts'
import { openStore } from '../../runtime/store/open.ts'
import { jobWith } from '../support/job.ts'
import { benchLoop } from './loop.ts'
import { GROUP, type RateWorker } from './rate-worker.ts'
import { SteppedClock } from './stepped-clock.ts'

/**
 * The direct path: schedules that are due, claimed and started by the same scheduler, overlap judged. Two sets of
 * schedules are due in turn: while the outcomes of the one are recorded, the other is claimed. `place`: each process has
 * schedules of its own.
 */
export async function directWorker(url: string, place: number, done: (jobs: number) => void): Promise<RateWorker> {
  const store = await openStore(url)
  const clock = new SteppedClock(Math.floor(Date.now() / 2000) * 2000 + 500)
  const jobs = Array.from({ length: 2 * GROUP }, (_, index) =>
    jobWith(`job-${place}-${index}`, [`${index % 2}/2 * * * * *`]),
  )
  const loop = benchLoop({ jobs, store, clock, concurrency: 2 * GROUP, run: () => {}, hasAllJobs: false })
  let recorded = 0
  let due = 0
  let until = 0
  const step = (): void => {
    while (due < until && due - recorded <= GROUP) {
      due += GROUP
      clock.step(1000)
    }
  }
  loop.events.on('succeeded', () => {
    recorded++
    done(1)
    if (due - recorded === GROUP || due === recorded) step()
  })
  void loop.start()
  while (!(await store.nodes()).some(({ id }) => id === loop.node)) await sleep(5)
  // Until the store has answered that it knows the schedules.
  await sleep(300)
  return {
    async add(more) {
      until += more
      step()
    },
    async close() {
      await loop.stop(0)
      await store.close()
    },
  }
}

/** The queue path: work that is enqueued, and taken from the queue by any of the processes. */
export async function queueWorker(url: string, done: (jobs: number) => void): Promise<RateWorker> {
  const store = await openStore(url)
  const jobs = [jobWith('nothing'), jobWith('far', ['0 0 1 1 *'])]
  const loop = benchLoop({ jobs, store, concurrency: 2 * GROUP, run: () => {}, hasAllJobs: false })
  loop.events.on('succeeded', () => done(1))
  void loop.start()
  return {
    async add(more) {
      for (let from = 0; from < more; from += GROUP) {
        const requests = Array.from({ length: Math.min(GROUP, more - from) }, requestNow)
        await store.enqueue(requests)
        // As whoever enqueues in a process that runs jobs does.
        loop.engine.lookAtQueue()
      }
    },
    async close() {
      await loop.stop(1000)
      await store.close()
    },
  }
}

function requestNow(): EnqueueRequest {
  const now = Date.now()
  return {
    ...{ now, job: 'nothing', tenant: '', args: [], availableAt: now, priority: 0, maxAttempts: 1, recoverLimit: 3 },
    ...{ lock: 'bypass', skipsIfBusy: false, staleBefore: now - 30_000 },
  }
}
