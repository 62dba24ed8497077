import type { ExecutionRecord } from '../../runtime/operations/executions.ts'
import { readHistory, renderHistory } from '../../runtime/operations/history.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { readCount, readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { type FailureOptions, failuresWanted } from '../workspace/failure-options.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface FailedOptions extends FailureOptions {
  readonly timezone?: string | undefined
  /** Default: 50. */
  readonly limit?: number | undefined
  readonly workspace?: string | undefined
}

/** What failed and nothing was done about, newest first. */
export async function failed(options: FailedOptions, io: Output): Promise<readonly ExecutionRecord[]> {
  const now = systemClock.now()
  const limit = readCount('limit', options.limit, { byDefault: 50, most: 100_000 })
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const timezone = readTimezone(options.timezone, manifest.settings.timezone)
  const records = await withExistingStore(place, async (store) => {
    if (store === null) return []
    const filter = { ...(await failuresWanted(options, manifest, store, now)), unresolved: true, limit } as const
    return await readHistory(store, filter, manifest)
  })
  if (io.json) io.data(records)
  else if (records.length === 0) io.out('Nothing has failed that was not dealt with.')
  else {
    io.out(renderHistory(records, now, { color: io.color.isColorSupported, width: io.width, timezone }).trimEnd())
    if (records.length === limit) io.err(`These are the newest ${limit}; --limit shows more.`)
    io.err('Run them again: webstir rerun --failed; or mark them as dealt with: webstir dismiss ID, or --all')
  }
  return records
}
