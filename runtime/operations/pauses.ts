import { userInfo } from 'node:os'
import { clockText } from '../schedule/index.ts'
import { type Execution, isFinal } from '../store/execution.ts'
import type { PauseOptions, PauseRecord, PauseTarget } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { type Clock, sleep } from '../support/clock.ts'

/**
 * Pauses something in the name of the user of this process. Pausing twice changes nothing, unless a reason is given or
 * how. `now`: ms since the epoch.
 */
export async function pause(
  store: Store,
  target: PauseTarget,
  reason: string | undefined,
  now: number,
  how: PauseOptions = {},
): Promise<{ readonly pause: PauseRecord; readonly wasPaused: boolean }> {
  const before = pauseOfTarget(await store.pauses(now), target)
  const isAsBefore = reason === undefined && how.until === undefined && how.drain !== true
  if (before !== undefined && isAsBefore) return { pause: before, wasPaused: true }
  await store.pause(target, operatorName(), reason ?? null, now, how)
  const after = pauseOfTarget(await store.pauses(now), target)
  if (after === undefined) throw new Error('another process resumed it at once')
  return { pause: after, wasPaused: before !== undefined }
}

/** The pause of exactly this target; undefined where it isn't paused. */
export function pauseOfTarget(pauses: readonly PauseRecord[], target: PauseTarget): PauseRecord | undefined {
  if (typeof target === 'string') return pauses.find(({ scope, job }) => scope === 'job' && job === target)
  if ('queue' in target) return pauses.find(({ scope, job }) => scope === 'queue' && job === target.queue)
  return pauses.find(({ scope }) => scope === 'all')
}

/** The pause that a job is under, its own, its queue's or that of all: one that drains before others. */
export function pauseOfJob(
  pauses: readonly PauseRecord[],
  { name, queue }: { readonly name: string; readonly queue: string },
): PauseRecord | undefined {
  const found = [{ all: true } as const, { queue }, name].flatMap((target) => pauseOfTarget(pauses, target) ?? [])
  return found.find(({ drain }) => drain) ?? found[0]
}

/** `all jobs`, `the queue reports`, `nightly`. */
export function targetText(target: PauseTarget): string {
  if (typeof target === 'string') return target
  return 'queue' in target ? `the queue ${target.queue}` : 'all jobs'
}

const SCOPES = { job: () => '', queue: (name: string) => `the queue ${name}, `, all: () => 'all jobs, ' } as const

/** `by ada: the disk is full`, `all jobs, by ada, drained, until 2026-12-01 09:00 UTC`. */
export function pauseText(
  { scope, job, by, reason, until, drain }: Pick<PauseRecord, 'scope' | 'job' | 'by' | 'reason' | 'until' | 'drain'>,
  timezone: string,
): string {
  const end = until === null ? '' : `, until ${clockText(until, timezone)}`
  return `${SCOPES[scope](job)}by ${by}${drain ? ', drained' : ''}${end}${reason === null ? '' : `: ${reason}`}`
}

/** How often the store is asked whether something still runs, in ms. */
const POLL = 500
/** More running ones than this are not told apart. */
const MOST = 1000

/** Executions of this target that run, but for those whose process gave no sign of life for `staleAfter` ms. */
export async function runningOf(
  store: Pick<Store, 'executions'>,
  target: PauseTarget,
  { now, staleAfter }: { readonly now: number; readonly staleAfter: number },
): Promise<Execution[]> {
  const jobs = typeof target === 'string' ? { jobs: [target] } : {}
  const running = await store.executions({ ...jobs, statuses: ['RUNNING'], limit: MOST })
  return running.filter(
    ({ queue, heartbeatAt, status }) =>
      !isFinal(status) &&
      (typeof target === 'string' || !('queue' in target) || target.queue === queue) &&
      now - (heartbeatAt ?? 0) <= staleAfter,
  )
}

/** Resolves when nothing of this target runs. `onChange`: what runs, whenever that has changed. */
export async function untilNoneRuns(
  store: Pick<Store, 'executions'>,
  target: PauseTarget,
  options: {
    readonly clock: Clock
    readonly staleAfter: number
    readonly signal?: AbortSignal
    readonly onChange?: (running: readonly Execution[]) => void
  },
): Promise<void> {
  const { clock, staleAfter, signal, onChange } = options
  for (let before = ''; !signal?.aborted; ) {
    const running = await runningOf(store, target, { now: clock.now(), staleAfter })
    if (running.length === 0) return
    const ids = running.map(({ id }) => id).join()
    if (ids !== before) onChange?.(running)
    before = ids
    await sleep(clock, POLL, signal)
  }
}

/** The user of this process, for the record: by name, or by number in a container that has no names. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** A pause as `--json` shows it. Times are ISO 8601, in UTC. */
export interface ShownPause {
  readonly scope: PauseRecord['scope']
  /** Null where it is a queue or all jobs. */
  readonly job: string | null
  readonly queue: string | null
  readonly paused: boolean
  /** Since when it is paused, or not. */
  readonly since: string
  /** When it ends by itself; null where it is to be resumed. */
  readonly until: string | null
  /** Nothing that is queued starts either. */
  readonly drain: boolean
  readonly by: string
  readonly reason: string | null
}

export function shownPause({ scope, job, paused, since, until, drain, by, reason }: PauseRecord): ShownPause {
  return {
    scope,
    job: scope === 'job' ? job : null,
    queue: scope === 'queue' ? job : null,
    paused,
    since: new Date(since).toISOString(),
    until: until === null ? null : new Date(until).toISOString(),
    drain,
    by,
    reason,
  }
}
