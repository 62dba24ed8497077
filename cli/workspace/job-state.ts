import { statusText } from '../../runtime/operations/history.ts'
import { readNodes, type ShownNode } from '../../runtime/operations/nodes.ts'
import { type Execution, JOB_STATUSES, type JobStatus } from '../../runtime/store/execution.ts'
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
  readonly paused: { readonly since: string; readonly by: string; readonly reason: string | null } | null
  /** The newest execution that started; skipped fires don't count. Null where there is none. */
  readonly lastRun: {
    readonly id: string
    readonly status: JobStatus
    readonly scheduledFor: string
    readonly completedAt: string | null
  } | null
}

/** Of a job that the store doesn't know, or can't be asked about. */
export const UNKNOWN_STATE: JobState = { paused: null, lastRun: null }
/** How long a busy store is waited for, in ms: a list can do without it. */
const STORE_TIMEOUT = 1000
/** As many of the newest executions are read at once; jobs that are not among them are looked up one by one. */
const NEWEST = 500
const STARTED = JOB_STATUSES.filter((status) => status !== 'SKIPPED' && status !== 'QUEUED')

/**
 * The state of jobs, by name; null where there is no store yet (none is made), and where it can't be read, which is a
 * warning. `names`: of each job, those that its history is kept under, its own first.
 */
export async function readJobStates(
  { root, env }: WorkspacePlace,
  names: readonly (readonly string[])[],
  io: Output,
): Promise<ReadonlyMap<string, JobState> | null> {
  try {
    const store = await openExistingStore({ env, workspace: root, clock: systemClock, busyLimit: STORE_TIMEOUT })
    if (store === null) return null
    try {
      return await statesIn(store, names)
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

async function statesIn(store: Store, names: readonly (readonly string[])[]): Promise<ReadonlyMap<string, JobState>> {
  const pauses = new Map((await store.pauses()).map((pause) => [pause.job, pause]))
  const nameNow = new Map(names.flatMap(([name = '', ...former]) => [name, ...former].map((each) => [each, name])))
  const last = new Map<string, Execution>()
  const newest = await store.executions({ statuses: STARTED, limit: NEWEST })
  for (const execution of newest) {
    const name = nameNow.get(execution.job) ?? execution.job
    if (!last.has(name)) last.set(name, execution)
  }
  const others = newest.length < NEWEST ? [] : names.filter(([name = '']) => !last.has(name))
  for (const jobs of others) {
    const [execution] = await store.executions({ jobs, statuses: STARTED, limit: 1 })
    if (execution !== undefined) last.set(jobs[0] ?? execution.job, execution)
  }
  return new Map(
    names.map(([name = '']) => {
      const pause = pauses.get(name)
      const run = last.get(name)
      const paused = pause === undefined ? null : { since: iso(pause.since), by: pause.by, reason: pause.reason }
      return [name, { paused, lastRun: run === undefined ? null : runOf(run) }]
    }),
  )
}

function runOf({ id, status, scheduledFor, finishedAt }: Execution): JobState['lastRun'] {
  return { id, status, scheduledFor: iso(scheduledFor), completedAt: finishedAt === null ? null : iso(finishedAt) }
}

const iso = (time: number): string => new Date(time).toISOString()

/** `by ada: the disk is full`; null where it is not paused. */
export function pausedText({ paused }: JobState): string | null {
  if (paused === null) return null
  return paused.reason === null ? `by ${paused.by}` : `by ${paused.by}: ${paused.reason}`
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
