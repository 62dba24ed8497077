import type { Enqueue } from '../job/enqueue.ts'

/** A scheduler of this process, as code that is no job reaches it. */
export interface ProcessScheduler {
  readonly enqueue: Enqueue
}

/*
 * A process may have two copies of this module: that of the package and that of the build. Both have to find the
 * scheduler, so it lives with the process.
 */
const KEY = Symbol.for('webstir-jobs.schedulers')
const global = globalThis as { [KEY]?: Set<ProcessScheduler> }
global[KEY] ??= new Set()
const schedulers = global[KEY]

/** The newest scheduler of this process that was not destroyed. */
export function processScheduler(): ProcessScheduler | undefined {
  return [...schedulers].at(-1)
}

export function registerScheduler(scheduler: ProcessScheduler): void {
  schedulers.add(scheduler)
}

export function unregisterScheduler(scheduler: ProcessScheduler): void {
  schedulers.delete(scheduler)
}
