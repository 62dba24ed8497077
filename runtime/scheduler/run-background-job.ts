import { currentFrame } from '../execution/frame.ts'
import type { JsonValue } from '../json.ts'
import { createScheduler, type Scheduler } from './bot.ts'

let ofThisProcess: Scheduler | undefined

/**
 * Runs a job now and waits for it. Inside a job it runs in that one's slot, as its child; elsewhere (a request
 * handler, a script, a REPL) it runs in this process, in the workspace that the current folder belongs to.
 * Resolves to undefined on success; rejects with the job's own error, or with a JobNotFoundError.
 */
export async function runBackgroundJob(name: string, ...args: JsonValue[]): Promise<void> {
  const frame = currentFrame()
  if (frame?.call !== undefined) return frame.call(name, args, frame)
  ofThisProcess ??= createScheduler()
  return ofThisProcess.runBackgroundJob(name, ...args)
}
