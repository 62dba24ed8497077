/** A problem as one line for people: place, what is wrong, what to do. */
export function problemText({ path, job, message, hint }: ManifestProblem): string {
  const about = job === null ? '' : ` (job ${job})`
  const place = /^(?:src\/|the job|the environment)/.test(path) ? path : `package.json: ${path}`
  return `${place}${about}: ${message}${hint === undefined ? '' : ` - ${hint}`}`
}

/** Something to report about the manifest; an `error` makes the job (or the whole) unusable, a `warning` doesn't. */
export interface ManifestProblem {
  readonly severity: 'error' | 'warning'
  readonly code: ManifestProblemCode
  /** The job it makes unusable or warns of; null where it is about the manifest as a whole. */
  readonly job: string | null
  /** Where: `webstir.module.jobs[3].schedule`. */
  readonly path: string
  readonly message: string
  readonly hint: string | undefined
}

/** Tells a program which kind of problem it is. `SCHEDULE`: the job is there, only this schedule of it never fires. */
export type ManifestProblemCode =
  | 'SCHEDULE'
  | 'UNSET_VARIABLE'
  | 'INVALID_VALUE'
  | 'INVALID_NAME'
  | 'DUPLICATE_NAME'
  | 'DUPLICATE_SCHEDULE'
  | 'UNKNOWN_KEY'
  | 'UNKNOWN_JOB'
  | 'CIRCLE'
  | 'IGNORED_JOBS'
  | 'META'
