import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../runtime/store/open.ts'
import { jobWith } from '../support/job.ts'
import { benchLoop } from './loop.ts'

/** Jobs that share the fires. */
const JOBS = 500

/**
 * No-op jobs a second through the whole path: schedules that are due, claimed, run and recorded by a scheduler. All
 * fires lie in the last minute, so that they are late but not missed, and are there at once.
 */
export async function schedulerRate(fires: number, url?: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-rate-'))
  const store = await openStore(url ?? `file:${join(folder, 'jobs.sqlite')}`)
  try {
    const each = Math.ceil(fires / JOBS)
    const prefix = `run-${process.hrtime.bigint()}`
    const jobs = Array.from({ length: JOBS }, (_, index) =>
      jobWith(`${prefix}-${index}`, ['rate(1 second)'], { overlap: 'allow' }),
    )
    const now = Date.now()
    await store.registerSchedules(
      jobs.flatMap(({ name, schedules }) =>
        schedules.map(({ key, expression }) => ({
          key,
          job: name,
          expression,
          timezone: 'UTC',
          args: [],
          origin: 'manifest' as const,
          mark: now - each * 1000,
          anchor: now - each * 1000,
        })),
      ),
      { now, retireOthers: true },
    )
    let last = 0
    let recorded = 0
    // The fast setting for many short jobs: as many at once as fit into a few commits.
    const loop = benchLoop({ jobs, store, concurrency: 500, run: () => {} })
    const done = new Promise<void>((resolve) => {
      loop.events.on('succeeded', () => {
        last = performance.now()
        if (++recorded === fires) resolve()
      })
    })
    const begin = performance.now()
    void loop.start()
    await done
    await loop.stop(5000)
    return fires / ((last - begin) / 1000)
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}
