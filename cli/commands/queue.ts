import { type QueuedExecution, readQueue, renderQueue } from '../../runtime/operations/queue.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { readCount, readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface QueueOptions {
  /** Only this one. */
  readonly queue?: string | undefined
  readonly timezone?: string | undefined
  /** Default: 50. */
  readonly limit?: number | undefined
  readonly workspace?: string | undefined
}

/** What is queued, in the order in which it would start, and what each waits for. */
export async function queue(options: QueueOptions, io: Output): Promise<readonly QueuedExecution[]> {
  const now = systemClock.now()
  const limit = readCount('limit', options.limit, { byDefault: 50, most: 100_000 })
  const place = await placeOfWorkspace(options.workspace)
  const { settings } = await readWorkspace(workspacePaths(place.root), place.env)
  const timezone = readTimezone(options.timezone, settings.timezone)
  const all = await withExistingStore(place, async (store) =>
    store === null ? [] : readQueue(store, { now, staleAfter: settings.staleAfter, timezone }),
  )
  const wanted = all.filter((one) => options.queue === undefined || one.queue === options.queue)
  const shown = wanted.slice(0, limit)
  if (io.json) io.data(shown)
  else io.out(renderQueue(shown, { color: io.color.isColorSupported, width: io.width, timezone }).trimEnd())
  if (wanted.length > shown.length)
    io.err(`These are the first ${shown.length} of ${wanted.length}; --limit shows more.`)
  return shown
}
