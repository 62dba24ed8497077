import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import { PgBoss } from 'pg-boss'

/**
 * graphile-worker as its page on performance has it: a local queue, batched completion and failure, a pool as large as
 * the concurrency needs, and the same number of jobs at once as we run.
 */
export async function graphileRate(jobs: number, connectionString: string): Promise<number> {
  const logger = new Logger(() => () => {})
  const utils = await makeWorkerUtils({ connectionString, logger })
  await utils.migrate()
  await utils.addJobs(Array.from({ length: jobs }, () => ({ identifier: 'nothing', payload: {} })))
  await utils.release()
  let done = 0
  let finish = (): void => {}
  const all = new Promise<void>((resolve) => {
    finish = resolve
  })
  const begin = performance.now()
  const runner = await run({
    connectionString,
    logger,
    noHandleSignals: true,
    taskList: {
      nothing: async () => {
        if (++done === jobs) finish()
      },
    },
    preset: {
      worker: {
        concurrentJobs: 100,
        maxPoolSize: 10,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  })
  await all
  await runner.stop()
  return jobs / ((performance.now() - begin) / 1000)
}

/** pg-boss as its documentation has it: jobs inserted at once, fetched and completed in large batches. */
export async function pgBossRate(jobs: number, connectionString: string): Promise<number> {
  const queue = new PgBoss({ connectionString, supervise: false, schedule: false })
  queue.on('error', () => {})
  await queue.start()
  await queue.createQueue('nothing')
  await queue.insert(
    'nothing',
    Array.from({ length: jobs }, () => ({ data: {} })),
  )
  const begin = performance.now()
  for (let done = 0; done < jobs; ) {
    const batch = await queue.fetch('nothing', { batchSize: 1000 })
    if (batch.length === 0) throw new Error('pg-boss has no more jobs than it should have')
    await Promise.all(batch.map(async () => {}))
    await queue.complete(
      'nothing',
      batch.map(({ id }) => id),
    )
    done += batch.length
  }
  const rate = jobs / ((performance.now() - begin) / 1000)
  await queue.stop({ graceful: false })
  return rate
}
