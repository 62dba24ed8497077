/** Jobs that one statement inserts or takes, and jobs that are due together: the same number for all that are compared. */
export const GROUP = 500

/** One process of a measured queue, which inserts jobs and works off whatever is queued. */
export interface RateWorker {
  /** Inserts so many jobs, and begins to work where it didn't yet. */
  add(jobs: number): Promise<void>
  close(): Promise<void>
}

/** What the parent process says to a worker process. */
export type ToWorker = { readonly add: number } | { readonly close: true }

/** What a worker process says: that it is ready, or how many jobs it has on record since it last said so,
 * and the CPU time in µs that it took for them. */
export type FromWorker = { readonly ready: true } | { readonly done: number; readonly cpu: number }
