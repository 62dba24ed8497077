import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts'
import type { JsonValue } from '../support/json.ts'
import { currentScope } from '../worker/job-scope.ts'

type Runner = Pick<Scheduler, 'runBackgroundJob'>

let ofThisProcess: Runner | undefined

/** Lets runBackgroundJob run through the scheduler that this process has already. */
export function adoptScheduler(scheduler: Runner): void {
  ofThisProcess = scheduler
}

/**
 * Runs a job now and waits for it. Inside a job it runs in that one's slot, as its child; elsewhere (a request
 * handler, a script, a REPL) it runs in this process, in the workspace that the current folder belongs to.
 * Resolves to undefined on success; rejects with the job's own error, or with a JobNotFoundError.
 */
export async function runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void> {
  const scope = currentScope()
  if (scope?.call !== undefined) {
    await scope.call(name, args, scope)
    return
  }
  ofThisProcess ??= ownScheduler()
  return ofThisProcess.runBackgroundJob(name, ...args)
}

/** One that is opened when it is first used, and closed when the program has nothing left to do. */
function ownScheduler(): Runner {
  const scheduler = createScheduler()
  process.once('beforeExit', () => void scheduler.destroy())
  return scheduler
}
