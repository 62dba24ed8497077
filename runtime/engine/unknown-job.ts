import type { Execution } from '../store/execution.ts'
import type { WorkerServices } from '../worker/services.ts'

/** How long an execution is left to other processes, in ms. */
const LEFT_FOR = 60_000

/** Returns an execution to the queue whose job only another process's manifest has. */
export async function leaveToOthers(execution: Execution, services: WorkerServices): Promise<void> {
  const { store, clock, log } = services
  const { id, owner, attempt, job } = execution
  const at = clock.now()
  const error = { code: 'JOB_UNKNOWN', message: `no job "${job}" in this process's manifest`, stack: null }
  const outcome = { kind: 'retry', error, availableAt: at + LEFT_FOR } as const
  await store.complete({ id, owner, attempt, at, outcome }).catch(() => {})
  log.root.warn(
    { job, executionId: id },
    `[${job}] is queued but isn't in this manifest; left to others for ${LEFT_FOR / 1000} s`,
  )
}
