import type { Job } from './job.ts'

/** What names are compared by: case, `-` and `_` make no difference, so `my-cleanup-task` finds `my_cleanup_task`. */
export function looseName(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** The job of that name, loosely compared. */
export function findJob(jobs: readonly Job[], name: string): Job | undefined {
  const wanted = looseName(name)
  return jobs.find((job) => job.name === name) ?? jobs.find((job) => looseName(job.name) === wanted)
}
