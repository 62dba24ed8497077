import { findJob, type Job, type Manifest, problemText } from '../manifest/index.ts'
import { JobNotFoundError } from '../manifest/not-found.ts'

/** The job of that name. Throws a JobNotFoundError that says why it can't be used, or what else may have been meant. */
export function jobNamed(manifest: Manifest, name: string): Job {
  const job = findJob(manifest.jobs, name)
  if (job !== undefined) return job
  const problem = manifest.problems.find((candidate) => candidate.severity === 'error' && candidate.job === name)
  if (problem !== undefined) throw new JobNotFoundError(name, [], problemText(problem))
  throw new JobNotFoundError(
    name,
    manifest.jobs.map((known) => known.name),
  )
}
