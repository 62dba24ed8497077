import type { Driver, LogSize, Tables } from '../driver.ts'
import type { LogLine } from '../execution.ts'
import type { Script } from '../transaction-script.ts'

/** Jobs that one transaction looks at: few, so that others get their turn. */
const JOBS = 20

/** Deletes up to `batch` of what ended before `finishedBefore`, or exceeds the newest `maxPerJob` of its job. */
export async function prune(
  driver: Driver,
  request: { finishedBefore: number; maxPerJob: number; batch: number },
): Promise<number> {
  const { tables } = driver
  const { finishedBefore, maxPerJob, batch } = request
  const old = await driver.write(function* () {
    const ids = yield* tables.finishedBefore(finishedBefore, batch)
    yield* tables.remove(ids)
    return ids.length
  })
  if (old >= batch) return old
  const jobs = await driver.read(() => tables.jobsBeyond(maxPerJob))
  let deleted = old
  for (let from = 0; from < jobs.length && deleted < batch; from += JOBS) {
    const some = jobs.slice(from, from + JOBS)
    const left = batch - deleted
    deleted += await driver.write(() => removeBeyond(tables, some, maxPerJob, left))
  }
  return deleted
}

function* removeBeyond(tables: Tables, jobs: readonly string[], keep: number, limit: number): Script<number> {
  let count = 0
  for (const job of jobs) {
    const ids = yield* tables.beyond(job, keep, limit - count)
    const children = yield* tables.childrenOf(ids, limit - count)
    // A fan-out goes before its parent does, in as many portions as it takes.
    const removed = children.length > 0 ? children : ids
    yield* tables.remove(removed)
    count += removed.length
    if (count >= limit) break
  }
  return count
}

export function* forgetNodes(tables: Tables, before: number): Script<void> {
  for (const { id, heartbeatAt } of yield* tables.nodes()) if (heartbeatAt < before) yield* tables.removeNode(id)
}

/** Keeps as many of these lines as fit. */
export function* appendLog(
  tables: Tables,
  executionId: string,
  attempt: number,
  lines: readonly LogLine[],
): Script<void> {
  const last = lines.at(-1)
  if (last === undefined) return
  const size = yield* tables.logSize(executionId)
  const { kept, cut } = fitLog(size, lines)
  if (kept.length > 0) yield* tables.addLog(executionId, attempt, size.lines, kept)
  if (cut === 0) return
  const total = size.cut + cut
  yield* tables.cutLog(executionId, attempt, CUT_LINE, cutNote(last.at, total), total)
}

/** What is kept of one execution's log. */
const LINES = 1000
const BYTES = 256 * 1024

/** Splits further lines into those that are kept and the number of those that aren't. The last line is for the cut. */
function fitLog(size: LogSize, lines: readonly LogLine[]): { kept: readonly LogLine[]; cut: number } {
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
const CUT_LINE = LINES - 1

function cutNote(at: number, cut: number): LogLine {
  return {
    at,
    level: 'warn',
    message: `... ${cut} further ${cut === 1 ? 'line was' : 'lines were'} cut`,
    data: null,
  }
}
