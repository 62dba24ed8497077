import { readNodes, renderNodes, type ShownNode } from '../../runtime/operations/nodes.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface NodesOptions {
  /** Those that have ended, too. */
  readonly all?: boolean | undefined
  /** The zone of the times; default: the workspace's. */
  readonly timezone?: string | undefined
  readonly workspace?: string | undefined
}

/** `webstir nodes`: the processes that use the workspace's store. */
export async function nodes(options: NodesOptions, io: Output): Promise<readonly ShownNode[]> {
  const place = await placeOfWorkspace(options.workspace)
  const { settings } = await readWorkspace(workspacePaths(place.root), place.env)
  const timezone = readTimezone(options.timezone, settings.timezone)
  const now = systemClock.now()
  const asked = { now, staleAfter: settings.staleAfter, all: options.all ?? false }
  const shown = await withExistingStore(place, async (store) => (store === null ? [] : readNodes(store, asked)))
  if (io.json) io.data(shown)
  else io.out(renderNodes(shown, now, { color: io.color.isColorSupported, width: io.width, timezone }).trimEnd())
  return shown
}
