import type { Manifest } from '../../runtime/manifest/index.ts'
import { findJobEver, historyNames, jobNamed } from '../../runtime/manifest/job-names.ts'
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
import { endOfDay, type InstantOptions, readCount, readInstant, readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface JobHistoryOptions {
  /** Only this job; one that was removed from the manifest still has its history. */
  readonly name?: string | undefined
  /** Only these, in any case. */
  readonly status?: readonly string[]
  /** Only what was scheduled from then on: ISO 8601, a duration ago, `yesterday` or `today`. */
  readonly since?: string | undefined
  /** Only what was scheduled up to then; a date includes that whole day. */
  readonly until?: string | undefined
  /** The zone of the times; default: the workspace's. */
  readonly timezone?: string | undefined
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
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const timezone = readTimezone(options.timezone, manifest.settings.timezone)
  const { since, until } = readRange(options, { now, timezone, direction: 'ago' })
  const records = await withExistingStore(place, async (store) => {
    const jobs = options.name === undefined ? undefined : await namesWithHistory(manifest, store, options.name)
    const filter: ExecutionFilter = {
      ...(jobs === undefined ? {} : { jobs }),
      ...(statuses.length === 0 ? {} : { statuses }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      limit,
    }
    return store === null ? [] : await readHistory(store, filter, manifest)
  })
  if (io.json) {
    io.data(records)
    return records
  }
  const isFiltered = [options.name, since, until, options.tenant, statuses[0]].some((value) => value !== undefined)
  const shown = { color: io.color.isColorSupported, width: io.width, timezone, isFiltered }
  io.out(renderHistory(records, now, shown).trimEnd())
  if (records.length === limit) io.err(`These are the newest ${limit}; --limit shows more.`)
  return records
}

function readRange(
  { since, until }: JobHistoryOptions,
  options: InstantOptions,
): { readonly since: number | undefined; readonly until: number | undefined } {
  const range = {
    since: since === undefined ? undefined : readInstant('since', since, options),
    until: until === undefined ? undefined : (lastOfDay(until, options) ?? readInstant('until', until, options)),
  }
  if (range.since !== undefined && range.until !== undefined && range.until < range.since) {
    throw new UsageError('--until is before --since', 'choose an earlier --since or a later --until')
  }
  return range
}

/** The last millisecond of a whole day; undefined where the text is not one. */
function lastOfDay(text: string, options: InstantOptions): number | undefined {
  const end = endOfDay(text, options)
  return end === undefined ? undefined : end - 1
}

/** Other words for a status. */
const SYNONYMS: Readonly<Record<string, JobStatus>> = {
  failed: 'FAILURE',
  error: 'FAILURE',
  succeeded: 'SUCCESS',
  ok: 'SUCCESS',
  canceled: 'CANCELLED',
  waiting: 'QUEUED',
  dead: 'STALE',
}

function readStatuses(given: readonly string[]): JobStatus[] {
  return given
    .flatMap((text) => text.split(','))
    .map((text) => {
      const status = SYNONYMS[text.trim().toLowerCase()] ?? statusNamed(text)
      if (status !== undefined) return status
      const near = didYouMean(text.trim(), JOB_STATUSES)
      throw new UsageError(`--status: "${text}" is not a status`, near ?? `use one of: ${JOB_STATUSES.join(', ')}`)
    })
}

/** The names under which the store has the job. Throws JobNotFoundError for one that neither manifest nor store knows. */
async function namesWithHistory(manifest: Manifest, store: Store | null, name: string): Promise<string[]> {
  const job = findJobEver(manifest.jobs, name)
  if (job !== undefined) return historyNames(manifest.jobs, job)
  const past = await store?.executions({ jobs: [name], limit: 1 })
  return [past?.[0]?.job ?? jobNamed(manifest, name).name]
}
