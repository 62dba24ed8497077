import { JOB_STATUSES, type JobStatus } from '../store/execution.ts'

/** Whether an execution of this status will never change again. */
export function isFinal(status: JobStatus): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING'
}

/** The status meant by a text, in any case; undefined where it is none. */
export function statusNamed(text: string): JobStatus | undefined {
  const wanted = text.trim().toUpperCase()
  return JOB_STATUSES.find((status) => status === wanted)
}
