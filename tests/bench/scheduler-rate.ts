import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../runtime/store/open.ts'
import { TestClock } from '../../runtime/testing/test-clock.ts'
import { jobWith } from '../support/job.ts'
import { benchLoop } from './loop.ts'
import { environmentFor, type SqliteDriver } from './sqlite-drivers.ts'

/** Jobs that are due in every tick. */
const JOBS = 500

/**
 * No-op jobs a second through the whole path: schedules that are due, claimed, run and recorded by a scheduler. Its
 * clock moves on by a second as soon as all that was due is on record, so that it never waits for anything.
 */
export async function schedulerRate(fires: number, driver: SqliteDriver): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-rate-'))
  const store = await openStore(`file:${join(folder, 'jobs.sqlite')}`, { env: environmentFor(driver) })
  try {
    const clock = new TestClock(Date.now())
    const jobs = Array.from({ length: JOBS }, (_, index) => jobWith(`job-${index}`, ['* * * * * *']))
    let recorded = 0
    // The fast setting for many short jobs: as many at once as are due together.
    const loop = benchLoop({ jobs, store, clock, concurrency: JOBS, run: () => {} })
    loop.events.on('succeeded', () => recorded++)
    void loop.start()
    while ((await store.nodes()).length === 0) await clock.settle()
    // The first tick warms up; it comes once the store has answered that it knows the schedules.
    for (let turn = 0; recorded === 0 || recorded % JOBS !== 0; turn++) {
      if (recorded === 0 && turn % 100 === 0) await clock.advance(1000)
      await sleep(5)
    }
    const ticks = Math.ceil(fires / JOBS)
    const until = recorded + ticks * JOBS
    const begin = performance.now()
    for (let due = recorded + JOBS; due <= until; due += JOBS) {
      await clock.advance(1000)
      while (recorded < due) await clock.settle()
    }
    const rate = (ticks * JOBS) / ((performance.now() - begin) / 1000)
    await loop.stop(0)
    return rate
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}
