import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import { PgBoss } from 'pg-boss'
import { GROUP, type RateWorker } from './rate-worker.ts'

/**
 * graphile-worker as its page on performance has it: a local queue, batched completion and failure, a pool as large as
 * the concurrency needs, and the same number of jobs at once as we run.
 */
export async function graphileWorker(connectionString: string, done: (jobs: number) => void): Promise<RateWorker> {
  const logger = new Logger(() => () => {})
  const utils = await makeWorkerUtils({ connectionString, logger })
  await utils.migrate()
  const runner = await run({
    connectionString,
    logger,
    noHandleSignals: true,
    taskList: { nothing: async () => {} },
    preset: {
      worker: {
        concurrentJobs: 100,
        maxPoolSize: 10,
        localQueue: { size: GROUP },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  })
  runner.events.on('job:complete', () => done(1))
  return {
    async add(jobs) {
      for (let from = 0; from < jobs; from += GROUP) {
        const size = Math.min(GROUP, jobs - from)
        await utils.addJobs(Array.from({ length: size }, () => ({ identifier: 'nothing', payload: {} })))
      }
    },
    async close() {
      await runner.stop()
      await utils.release()
    },
  }
}

/** pg-boss as its documentation has it: jobs inserted at once, fetched and completed in large batches. */
export async function pgBossWorker(connectionString: string, done: (jobs: number) => void): Promise<RateWorker> {
  const boss = new PgBoss({ connectionString, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue('nothing')
  let isClosed = false
  const work = async (): Promise<void> => {
    while (!isClosed) {
      const batch = await boss.fetch('nothing', { batchSize: GROUP })
      if (batch.length === 0) {
        await sleep(2)
        continue
      }
      await Promise.all(batch.map(async () => {}))
      await boss.complete(
        'nothing',
        batch.map(({ id }) => id),
      )
      done(batch.length)
    }
  }
  let working: Promise<void> | undefined
  return {
    async add(jobs) {
      for (let from = 0; from < jobs; from += GROUP) {
        const size = Math.min(GROUP, jobs - from)
        await boss.insert(
          'nothing',
          Array.from({ length: size }, () => ({ data: {} })),
        )
      }
      working ??= work()
    },
    async close() {
      isClosed = true
      await working
      await boss.stop({ graceful: false })
    },
  }
}
