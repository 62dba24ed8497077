import type { Tables } from '../driver.ts'
import type { Attempt } from '../execution.ts'
import type { Script } from '../transaction-script.ts'

/** A row is written of each attempt that another one follows; the last one is read from the execution. */
export function* attemptsOf(tables: Tables, executionId: string): Script<Attempt[]> {
  const before = yield* tables.attempts(executionId)
  const [execution] = yield* tables.byIds([executionId])
  if (execution === undefined || execution.startedAt === null) return before
  const { attempt, owner, startedAt, finishedAt, status } = execution
  if (before.some((one) => one.attempt === attempt)) return before
  // The last error stays in the execution until it ends.
  const error = status === 'RUNNING' ? null : execution.error
  return [...before, { executionId, attempt, owner, startedAt, finishedAt, error }]
}
