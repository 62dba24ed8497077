import type { Driver, LogSize } from '../driver.ts'
import type { LogLine } from '../execution.ts'

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

/** What is kept of one execution's log. */
const LINES = 1000
const BYTES = 256 * 1024

/** Splits further lines into those that are kept and the number of those that aren't. The last line is for the cut. */
export function fitLog(size: LogSize, lines: readonly LogLine[]): { kept: readonly LogLine[]; cut: number } {
  if (size.cut > 0) return { kept: [], cut: lines.length }
  let { bytes } = size
  let count = 0
  for (const line of lines) {
    bytes += Buffer.byteLength(line.message) + (line.data === null ? 0 : JSON.stringify(line.data).length)
    if (size.lines + count >= LINES - 1 || bytes > BYTES) break
    count++
  }
  return { kept: lines.slice(0, count), cut: lines.length - count }
}

/** Where the line that says the cut stands. */
export const CUT_LINE = LINES - 1

export function cutNote(at: number, cut: number): LogLine {
  return {
    at,
    level: 'warn',
    message: `... ${cut} further ${cut === 1 ? 'line was' : 'lines were'} cut`,
    data: null,
  }
}
