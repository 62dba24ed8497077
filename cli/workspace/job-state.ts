import type { Job } from '../../runtime/manifest/types.ts'
import { statusText } from '../../runtime/operations/history.ts'
import { readNodes, type ShownNode } from '../../runtime/operations/nodes.ts'
import { pauseOfJob, pauseText, type ShownPause, shownPause } from '../../runtime/operations/pauses.ts'
import { type Execution, JOB_STATUSES, type JobStatus } from '../../runtime/store/execution.ts'
import type { PauseRecord } from '../../runtime/store/job-store.ts'
import { openExistingStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { relativeTime } from '../../runtime/support/time-text.ts'
import type { Output } from '../command-line/output.ts'
import { type WorkspacePlace, withExistingStore } from './store.ts'

/** What the store knows of a job, as `--json` shows it. Times are ISO 8601, in UTC. */
export interface JobState {
  /** Null while it is not paused. */
  readonly paused: Omit<ShownPause, 'paused' | 'job' | 'queue'> | null
  /** The newest execution that started; skipped fires don't count. Null where there is none. */
  readonly lastRun: {
    readonly id: string
    readonly status: JobStatus
    readonly scheduledFor: string
    readonly completedAt: string | null
  } | null
}

/** A job; `formerly`: other names that its history is kept under. */
type NamedJob = Pick<Job, 'name' | 'formerly' | 'queue'>

/** Of a job that the store doesn't know, or can't be asked about. */
export const UNKNOWN_STATE: JobState = { paused: null, lastRun: null }
/** How long a busy store is waited for, in ms: a list can do without it. */
const STORE_TIMEOUT = 1000
/** As many of the newest executions are read at once; jobs that are not among them are looked up one by one. */
const NEWEST = 500
const STARTED = JOB_STATUSES.filter((status) => status !== 'SKIPPED' && status !== 'QUEUED')

/**
 * The state of jobs, by name; null where there is no store yet (none is made), and where it can't be read, which is a
 * warning.
 */
export async function readJobStates(
  { root, env }: WorkspacePlace,
  jobs: readonly NamedJob[],
  io: Output,
): Promise<ReadonlyMap<string, JobState> | null> {
  try {
    const store = await openExistingStore({ env, workspace: root, clock: systemClock, busyLimit: STORE_TIMEOUT })
    if (store === null) return null
    try {
      return await statesIn(store, jobs)
    } finally {
      await store.close()
    }
  } catch (error) {
    io.warn(`the store can't be read, so neither pauses nor last runs are known: ${messageOf(error)}`)
    return null
  }
}

/** The live processes of the store; null where there is no store yet, and where it can't be read. */
export async function readNodeStates(
  place: WorkspacePlace,
  options: { readonly now: number; readonly staleAfter: number },
): Promise<readonly ShownNode[] | null> {
  // What is wrong with the store is said where the jobs' states are read.
  return withExistingStore(
    place,
    async (store) => (store === null ? null : readNodes(store, options)),
    STORE_TIMEOUT,
  ).catch(() => null)
}

async function statesIn(store: Store, jobs: readonly NamedJob[]): Promise<ReadonlyMap<string, JobState>> {
  const pauses = await store.pauses(systemClock.now())
  const nameNow = new Map(jobs.flatMap(({ name, formerly }) => [name, ...formerly].map((each) => [each, name])))
  const last = new Map<string, Execution>()
  const newest = await store.executions({ statuses: STARTED, limit: NEWEST })
  for (const execution of newest) {
    const name = nameNow.get(execution.job) ?? execution.job
    if (!last.has(name)) last.set(name, execution)
  }
  const others = newest.length < NEWEST ? [] : jobs.filter(({ name }) => !last.has(name))
  for (const { name, formerly } of others) {
    const [execution] = await store.executions({ jobs: [name, ...formerly], statuses: STARTED, limit: 1 })
    if (execution !== undefined) last.set(name, execution)
  }
  return new Map(
    jobs.map((job) => {
      const { name } = job
      const pause = pauseOfJob(pauses, job)
      const run = last.get(name)
      const paused = pause === undefined ? null : stateOf(pause)
      return [name, { paused, lastRun: run === undefined ? null : runOf(run) }]
    }),
  )
}

function runOf({ id, status, scheduledFor, finishedAt }: Execution): JobState['lastRun'] {
  return { id, status, scheduledFor: iso(scheduledFor), completedAt: finishedAt === null ? null : iso(finishedAt) }
}

function stateOf(pause: PauseRecord): JobState['paused'] {
  const { scope, since, until, drain, by, reason } = shownPause(pause)
  return { scope, since, until, drain, by, reason }
}

const iso = (time: number): string => new Date(time).toISOString()

/** `by ada: the disk is full`; null where it is not paused. */
export function pausedText({ paused, queue }: JobState & { readonly queue: string }, timezone: string): string | null {
  if (paused === null) return null
  const until = paused.until === null ? null : Date.parse(paused.until)
  return pauseText({ ...paused, until, job: queue }, timezone)
}

/** `SUCCESS 3 min ago`, `-`. `now`: ms since the epoch. */
export function lastRunText({ lastRun }: JobState, now: number, color: boolean): string {
  if (lastRun === null) return '-'
  const at = Date.parse(lastRun.completedAt ?? lastRun.scheduledFor)
  return `${statusText(lastRun.status, color)} ${relativeTime(at, now)}`
}

/**
 * What turned a job off, and where that holds: a variable of this process is not necessarily one of the scheduler's.
 * `own`: the environment of this process, without `.env` files.
 */
export function disabledWhere(
  disabledBy: string | null,
  own: Readonly<Record<string, string | undefined>>,
): string | null {
  const [, variable] = /^(\w+_ENABLED)=/.exec(disabledBy ?? '') ?? []
  if (variable === undefined) return disabledBy
  const where = own[variable] === undefined ? 'in .env' : 'in this shell'
  return (disabledBy ?? '').replace(/^[^,]*/, `$& ${where}`)
}
