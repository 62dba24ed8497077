import { findJobEver, historyNames, jobNamed } from '../../runtime/manifest/job-names.ts'
import type { Manifest } from '../../runtime/manifest/types.ts'
import type { ExecutionFilter } from '../../runtime/store/job-store.ts'
import type { Store } from '../../runtime/store/store.ts'
import { readInstant } from '../command-line/option-values.ts'

export interface FailureOptions {
  /** Only of this job. */
  readonly job?: string | undefined
  /** Only what was scheduled from then on. */
  readonly since?: string | undefined
}

/** Which failures are meant. Throws JobNotFoundError for a job that neither manifest nor store knows. */
export async function failuresWanted(
  { job, since }: FailureOptions,
  manifest: Manifest,
  store: Pick<Store, 'executions'>,
  now: number,
): Promise<Pick<ExecutionFilter, 'jobs' | 'since'>> {
  const { timezone } = manifest.settings
  const from = since === undefined ? {} : { since: readInstant('since', since, { now, timezone, direction: 'ago' }) }
  if (job === undefined) return from
  const known = findJobEver(manifest.jobs, job)
  if (known !== undefined) return { ...from, jobs: historyNames(manifest.jobs, known) }
  const [past] = await store.executions({ jobs: [job], limit: 1 })
  return { ...from, jobs: [past?.job ?? jobNamed(manifest, job).name] }
}
