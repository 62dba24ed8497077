import type { Driver } from './driver.ts'

/** Jobs that one transaction looks at: few, so that others get their turn. */
const JOBS = 20

/** Deletes up to `batch` of the executions that jobs have beyond their newest `keep`. */
export async function beyondKept(driver: Driver, keep: number, batch: number): Promise<number> {
  const { tables } = driver
  const jobs = await driver.read(() => tables.jobsBeyond(keep))
  let deleted = 0
  for (let from = 0; from < jobs.length && deleted < batch; from += JOBS) {
    const left = batch - deleted
    deleted += await driver.write(function* () {
      let count = 0
      for (const job of jobs.slice(from, from + JOBS)) {
        const ids = yield* tables.beyond(job, keep, left - count)
        yield* tables.remove(ids)
        count += ids.length
        if (count >= left) break
      }
      return count
    })
  }
  return deleted
}
