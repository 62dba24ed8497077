import type { ManifestProblem } from './job.ts'

/** A problem as one line for people: place, what is wrong, what to do. */
export function problemText({ path, job, message, hint }: ManifestProblem): string {
  const about = job === null ? '' : ` (job ${job})`
  const place = /^(?:src\/|the job)/.test(path) ? path : `package.json: ${path}`
  return `${place}${about}: ${message}${hint === undefined ? '' : ` - ${hint}`}`
}
