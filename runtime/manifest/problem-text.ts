import type { ManifestProblem } from './job.ts'

/** A problem as one line for people: place, what is wrong, what to do. */
export function problemText({ path, job, message, hint }: ManifestProblem): string {
  const about = job === null ? '' : ` (job ${job})`
  return `package.json: ${path}${about}: ${message}${hint === undefined ? '' : ` - ${hint}`}`
}
