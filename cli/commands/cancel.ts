import { findExecution } from '../../runtime/operations/executions.ts'
import { statusText } from '../../runtime/operations/history.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import type { Execution } from '../../runtime/store/execution.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { describeNode } from '../../runtime/worker/node-session.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, timezoneOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface CancelOptions {
  /** An execution's id, or enough of its beginning or its end. */
  readonly executionId: string
  readonly workspace?: string | undefined
}

export interface CancelResult {
  readonly id: string
  readonly job: string
  /** `cancelled`: it was queued; `requested`: it runs, and its process was asked; `already-final`: nothing was done. */
  readonly result: 'cancelled' | 'requested' | 'already-final'
}

/** Cancels an execution: at once where it is queued; where it runs, its process is asked to. */
export async function cancel(options: CancelOptions, io: Output): Promise<CancelResult> {
  const place = await placeOfWorkspace(options.workspace)
  const timezone = await timezoneOfWorkspace(place)
  return await withExistingStore(place, async (store) => {
    const { id, job } = await findExecution(store, options.executionId, timezone)
    const outcome = (await store?.cancel(id, systemClock.now())) ?? 'unknown'
    // What was pruned since it was found had ended long ago.
    const result = outcome === 'unknown' ? 'already-final' : outcome
    if (io.json) io.data({ id, job, result })
    else io.out(inWords(result, await findExecution(store, id), timezone, io))
    return { id, job, result }
  })
}

function inWords(result: CancelResult['result'], execution: Execution, timezone: string, { color }: Output): string {
  const { id, job, status, owner, finishedAt } = execution
  const name = color.bold(job)
  if (result === 'cancelled') return `Cancelled ${name} (${id}): it was queued, and will not run.`
  if (result === 'requested') {
    return `Asked ${describeNode(owner)} to cancel ${name} (${id}). See how it ends: webstir job-logs ${id} --follow`
  }
  const end = finishedAt === null ? '' : `, ${clockText(finishedAt, timezone)}`
  return `${name} (${id}) has already ended: ${statusText(status, color.isColorSupported)}${end}`
}
