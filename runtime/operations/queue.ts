import { clockText } from '../schedule/index.ts'
import type { Execution } from '../store/execution.ts'
import type { NodeRecord, PauseRecord } from '../store/job-store.ts'
import { holdsLock, inOrder, lockKeyText } from '../store/locks.ts'
import type { Store } from '../store/store.ts'
import { type Column, renderTable } from '../support/table.ts'
import { describeNode } from '../worker/node-session.ts'
import { shortIds } from './executions.ts'
import { pauseOfJob, pauseText } from './pauses.ts'

/** What a queued execution waits for. */
export type WaitsFor = 'time' | 'drain' | 'node' | 'after' | 'lock' | 'slot'

/** A queued execution as `webstir queue --json` shows it. Times are ISO 8601, in UTC. */
export interface QueuedExecution {
  readonly id: string
  readonly job: string
  readonly tenant: string | null
  readonly queue: string
  readonly priority: number
  readonly scheduledFor: string
  readonly availableAt: string
  readonly waitsFor: WaitsFor
  /** The same in words. */
  readonly detail: string
  /** The execution that holds the lock, is before it in line, or that it runs after; null where there is none. */
  readonly behind: string | null
}

/** What the store holds that bears on the queue. */
export interface QueueView {
  readonly queued: readonly Execution[]
  readonly running: readonly Execution[]
  readonly pauses: readonly PauseRecord[]
  readonly nodes: readonly NodeRecord[]
  readonly now: number
  readonly staleAfter: number
  /** The zone of the times in words. */
  readonly timezone: string
}

/** So many are looked at. */
const MOST = 10_000

export async function readQueue(
  store: Store,
  options: Pick<QueueView, 'now' | 'staleAfter' | 'timezone'>,
): Promise<QueuedExecution[]> {
  const [queued, running, pauses, nodes] = await Promise.all([
    store.executions({ statuses: ['QUEUED'], limit: MOST }),
    store.executions({ statuses: ['RUNNING'], limit: MOST }),
    store.pauses(options.now),
    store.nodes(),
  ])
  return queueOf({ queued, running, pauses, nodes, ...options })
}

/** Pure: all that is queued in the order in which it would start, each with what it waits for. */
export function queueOf(view: QueueView): QueuedExecution[] {
  const lines = new Map<string, Execution[]>()
  for (const one of [...view.running, ...view.queued]) {
    if (one.lock === 'bypass') continue
    const key = lockKeyText(one)
    lines.set(key, [...(lines.get(key) ?? []), one])
  }
  const byRank = [...view.queued].sort((a, b) => b.priority - a.priority || inOrder(a, b))
  return byRank.map((one) => {
    const { waitsFor, detail, behind = null } = reasonOf(one, lines.get(lockKeyText(one)) ?? [], view)
    return {
      id: one.id,
      job: one.job,
      tenant: one.tenant === '' ? null : one.tenant,
      queue: one.queue,
      priority: one.priority,
      scheduledFor: new Date(one.scheduledFor).toISOString(),
      availableAt: new Date(one.availableAt).toISOString(),
      waitsFor,
      detail,
      behind,
    }
  })
}

type Reason = Pick<QueuedExecution, 'waitsFor' | 'detail'> & { readonly behind?: string }

/** The first that holds: what has to be over before anything else counts comes first. */
function reasonOf(one: Execution, line: readonly Execution[], view: QueueView): Reason {
  const { now, timezone, pauses } = view
  if (one.availableAt > now) {
    const why = one.attempt > 0 ? 'its next attempt is' : 'it starts'
    return { waitsFor: 'time', detail: `${why} at ${clockText(one.availableAt, timezone)}` }
  }
  const drains = pauses.filter(({ drain }) => drain)
  const drain = pauseOfJob(drains, { name: one.job, queue: one.queue })
  if (drain !== undefined) return { waitsFor: 'drain', detail: `paused: ${pauseText(drain, timezone)}` }
  return nodeReason(one, view) ?? afterReason(one, view) ?? lockReason(one, line, view) ?? slotReason(one, view)
}

/** Live processes that watch and would take it. */
function serving(one: Execution, { nodes, now, staleAfter }: QueueView): readonly NodeRecord[] {
  return nodes.filter(
    ({ heartbeatAt, jobs, queues }) =>
      now - heartbeatAt <= staleAfter &&
      jobs?.known.includes(one.job) === true &&
      (queues === null || queues.includes(one.queue)),
  )
}

function nodeReason(one: Execution, view: QueueView): Reason | undefined {
  if (serving(one, view).length > 0) return undefined
  const knows = view.nodes.some(({ jobs, heartbeatAt }) => {
    return jobs?.known.includes(one.job) === true && view.now - heartbeatAt <= view.staleAfter
  })
  const detail = knows
    ? `no process that watches serves the queue ${one.queue}`
    : 'no process that watches knows the job'
  return { waitsFor: 'node', detail }
}

function afterReason(one: Execution, { queued, running }: QueueView): Reason | undefined {
  if (one.after.length === 0) return undefined
  const other = [...running, ...queued].find(
    ({ job, scheduledFor, tenant }) =>
      one.after.includes(job) && scheduledFor === one.scheduledFor && (tenant === '' || tenant === one.tenant),
  )
  if (other === undefined) return undefined
  return { waitsFor: 'after', detail: `${other.job} of the same instant has to succeed first`, behind: other.id }
}

function lockReason(one: Execution, line: readonly Execution[], { now, staleAfter }: QueueView): Reason | undefined {
  if (one.lock === 'bypass') return undefined
  const holder = line.find((other) => holdsLock(other, now - staleAfter))
  if (holder !== undefined) {
    return { waitsFor: 'lock', detail: `held by ${holder.id}, on ${describeNode(holder.owner)}`, behind: holder.id }
  }
  const due = line.filter(({ status, availableAt }) => status === 'QUEUED' && availableAt <= now)
  const first = due.find((other) => due.every((each) => each === other || inOrder(other, each) < 0))
  if (first === undefined || first.id === one.id) return undefined
  return { waitsFor: 'lock', detail: `${first.id} is before it in line`, behind: first.id }
}

function slotReason(one: Execution, view: QueueView): Reason {
  const nodes = serving(one, view)
  const owners = new Set(nodes.map(({ id }) => id))
  const taken = view.running.filter(({ owner }) => owners.has(owner)).length
  const slots = nodes.reduce((sum, node) => sum + (node.slots ?? 0), 0)
  return { waitsFor: 'slot', detail: `${taken} of ${slots} are taken` }
}

const COLUMNS: readonly Column[] = [
  { title: 'Id' },
  { title: 'Job', least: 14 },
  { title: 'Queue', optional: 1 },
  { title: 'Priority', optional: 2 },
  { title: 'Scheduled for', optional: 1 },
  { title: 'Waits for' },
  { title: 'Detail', least: 18 },
]

const WORDS: Readonly<Record<WaitsFor, string>> = {
  time: 'its time',
  drain: 'a drain',
  node: 'a process',
  after: 'another job',
  lock: 'the lock',
  slot: 'a slot',
}

/** The table for people. */
export function renderQueue(
  queued: readonly QueuedExecution[],
  options: { readonly timezone: string; readonly color?: boolean; readonly width?: number | undefined },
): string {
  if (queued.length === 0) return 'Nothing is queued.\n'
  const ids = shortIds(queued.map(({ id }) => id))
  const rows = queued.map((one, place) => [
    ids[place] ?? one.id,
    one.tenant === null ? one.job : `${one.job} @ ${one.tenant}`,
    one.queue,
    String(one.priority),
    clockText(Date.parse(one.scheduledFor), options.timezone),
    WORDS[one.waitsFor],
    one.detail,
  ])
  return renderTable(COLUMNS, rows, options)
}
