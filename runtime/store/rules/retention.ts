import type { LogSize, Tables } from '../driver.ts'
import type { LogLine } from '../execution.ts'
import type { Script } from '../transaction-script.ts'

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

/** Where the line is that says how many were cut. */
const CUT_LINE = LINES - 1

function cutNote(at: number, cut: number): LogLine {
  return {
    at,
    level: 'warn',
    message: `... ${cut} further ${cut === 1 ? 'line was' : 'lines were'} cut`,
    data: null,
  }
}
