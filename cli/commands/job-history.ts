import { findJob, type Manifest } from '../../runtime/manifest/index.ts'
import { jobNamed } from '../../runtime/manifest/job-names.ts'
import type { ExecutionRecord } from '../../runtime/operations/executions.ts'
import { readHistory, renderHistory } from '../../runtime/operations/history.ts'
import { JOB_STATUSES, type JobStatus, statusNamed } from '../../runtime/store/execution.ts'
import type { ExecutionFilter } from '../../runtime/store/job-store.ts'
import type { Store } from '../../runtime/store/store.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { didYouMean } from '../../runtime/support/suggest.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { UsageError } from '../command-line/errors.ts'
import { readCount, readInstant } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface JobHistoryOptions {
  /** Only this job; one that is gone from the manifest has its history still. */
  readonly name?: string | undefined
  /** Only these, in any case. */
  readonly status?: readonly string[]
  /** Only what was scheduled since: ISO 8601, or a duration ago. */
  readonly since?: string | undefined
  readonly tenant?: string | undefined
  /** Default: 50. */
  readonly limit?: number | undefined
  readonly workspace?: string | undefined
}

const DEFAULT_LIMIT = 50
const MOST = 100_000

/** What ran and what did not, newest first. */
export async function jobHistory(options: JobHistoryOptions, io: Output): Promise<readonly ExecutionRecord[]> {
  const now = systemClock.now()
  const limit = readCount('limit', options.limit, { byDefault: DEFAULT_LIMIT, most: MOST })
  const statuses = readStatuses(options.status ?? [])
  const since = options.since === undefined ? undefined : readInstant('since', options.since, now, 'ago')
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const records = await withExistingStore(place, async (store) => {
    const job = options.name === undefined ? undefined : await jobWithHistory(manifest, store, options.name)
    const filter: ExecutionFilter = {
      ...(job === undefined ? {} : { jobs: [job] }),
      ...(statuses.length === 0 ? {} : { statuses }),
      ...(since === undefined ? {} : { since }),
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      limit,
    }
    return store === null ? [] : await readHistory(store, filter, manifest)
  })
  if (io.json) {
    io.data(records)
    return records
  }
  const isFiltered = [options.name, options.since, options.tenant, statuses[0]].some((value) => value !== undefined)
  io.out(renderHistory(records, now, { color: io.color.isColorSupported, isFiltered }).trimEnd())
  if (records.length === limit) io.err(`These are the newest ${limit}; --limit shows more.`)
  return records
}

function readStatuses(given: readonly string[]): JobStatus[] {
  return given
    .flatMap((text) => text.split(','))
    .map((text) => {
      const status = statusNamed(text)
      if (status !== undefined) return status
      const near = didYouMean(text.trim(), JOB_STATUSES)
      throw new UsageError(`--status can't be "${text}"`, near ?? `use one of: ${JOB_STATUSES.join(', ')}`)
    })
}

/** The job's name as the store has it. Throws JobNotFoundError for one that neither manifest nor store knows. */
async function jobWithHistory(manifest: Manifest, store: Store | null, name: string): Promise<string> {
  const job = findJob(manifest.jobs, name)
  if (job !== undefined) return job.name
  const past = await store?.executions({ jobs: [name], limit: 1 })
  return past?.[0]?.job ?? jobNamed(manifest, name).name
}
