import { findExecution } from '../../runtime/operations/executions.ts'
import type { Execution } from '../../runtime/store/execution.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { absoluteTime } from '../../runtime/support/time-text.ts'
import { describeNode } from '../../runtime/worker/node-session.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface CancelOptions {
  /** An execution's id, or enough of its beginning. */
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
  return await withExistingStore(place, async (store) => {
    const { id, job } = await findExecution(store, options.executionId)
    const outcome = (await store?.cancel(id, systemClock.now())) ?? 'unknown'
    // What was pruned since it was found is final, and was for long.
    const result = outcome === 'unknown' ? 'already-final' : outcome
    if (io.json) io.data({ id, job, result })
    else io.out(inWords(result, await findExecution(store, id), io))
    return { id, job, result }
  })
}

function inWords(result: CancelResult['result'], execution: Execution, { color }: Output): string {
  const { id, job, status, owner, finishedAt } = execution
  const name = color.bold(job)
  if (result === 'cancelled') return `Cancelled ${name} (${id}): it was queued, and will not run.`
  if (result === 'requested') {
    return `Asked ${describeNode(owner)} to cancel ${name} (${id}). See how it ends: webstir job-logs ${id} --follow`
  }
  return `${name} (${id}) has ended already: ${status}${finishedAt === null ? '' : `, ${absoluteTime(finishedAt)}`}`
}
