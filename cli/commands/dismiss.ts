import { findExecution } from '../../runtime/operations/executions.ts'
import { dismissAll } from '../../runtime/operations/failures.ts'
import { operatorName } from '../../runtime/operations/pauses.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { UsageError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { type FailureOptions, failuresWanted } from '../workspace/failure-options.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface DismissOptions extends FailureOptions {
  readonly executionId?: string | undefined
  readonly all?: boolean
  readonly reason?: string | undefined
  readonly workspace?: string | undefined
}

/** Marks failed executions as dealt with; history stays as it is. */
export async function dismiss(options: DismissOptions, io: Output): Promise<{ dismissed: number }> {
  const { executionId, all = false, reason = null, job, since } = options
  if ((executionId !== undefined) === all) {
    throw new UsageError(
      all ? 'an execution and --all exclude each other' : 'no execution is named',
      'give the id of an execution, or --all',
    )
  }
  if (!all && (job !== undefined || since !== undefined)) {
    throw new UsageError('--job and --since do nothing for a single execution', 'leave them out, or use --all')
  }
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const now = systemClock.now()
  const dismissed = await withExistingStore(place, async (store) => {
    if (executionId !== undefined) {
      const { id } = await findExecution(store, executionId, manifest.settings.timezone)
      return ((await store?.dismiss([id], operatorName(), reason, now)) ?? []).length
    }
    return store === null
      ? 0
      : await dismissAll(store, await failuresWanted(options, manifest, store, now), reason, now)
  })
  if (io.json) io.data({ dismissed })
  else if (dismissed > 0)
    io.out(`Dismissed ${dismissed === 1 ? 'one failure' : `${dismissed} failures`}; history stays as it is.`)
  else io.out(all ? 'Nothing has failed that was not dealt with.' : 'It has not failed, or was dealt with before.')
  return { dismissed }
}
