import type { JobStatus } from '../store/execution.ts'

/** All of them, in the order in which an execution may go through them. */
export const JOB_STATUSES = [
  'QUEUED',
  'RUNNING',
  'SUCCESS',
  'FAILURE',
  'SKIPPED',
  'CANCELLED',
  'STALE',
] as const satisfies readonly JobStatus[]

/** Whether an execution of this status will never change again. */
export function isFinal(status: JobStatus): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING'
}

/** The status meant by a text, in any case; undefined where it is none. */
export function statusNamed(text: string): JobStatus | undefined {
  const wanted = text.trim().toUpperCase()
  return JOB_STATUSES.find((status) => status === wanted)
}
