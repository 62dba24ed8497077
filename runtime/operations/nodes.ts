import { clockText } from '../schedule/index.ts'
import { leavesZonesTo, liveNodes } from '../scheduler/newer-timezone-data.ts'
import type { Execution } from '../store/execution.ts'
import type { NodeRecord } from '../store/job-store.ts'
import type { NodeSessionRecord } from '../store/node-tables.ts'
import type { Store } from '../store/store.ts'
import { type Column, renderTable } from '../support/table.ts'
import { relativeTime } from '../support/time-text.ts'
import { describeNode } from '../worker/node-session.ts'

/** A process as `webstir nodes --json` shows it. Times are ISO 8601, in UTC; null is what isn't known. */
export interface ShownNode {
  readonly id: string
  readonly host: string
  readonly pid: number | null
  readonly isAlive: boolean
  /** Whether it fires schedules; one that doesn't runs jobs by hand. */
  readonly fires: boolean
  readonly version: string | null
  readonly nodeVersion: string | null
  readonly timezoneData: string | null
  /** The id of the process with newer time-zone data to which it leaves the schedules with a time zone. */
  readonly leavesZonesTo: string | null
  /** Equal for processes whose manifests say the same. */
  readonly manifestHash: string | null
  readonly engine: string | null
  /** Null for all of them. */
  readonly queues: readonly string[] | null
  readonly slots: number | null
  readonly jobs: Omit<NonNullable<NodeRecord['jobs']>, 'inZones'> | null
  readonly running: readonly RunningThere[]
  /** By how much its clock is ahead of the store's. */
  readonly clockOffsetMs: number | null
  readonly startedAt: string
  readonly lastSeenAt: string
  readonly endedAt: string | null
  /** `stopped`, or `died`: its heartbeat came no more. */
  readonly how: 'stopped' | 'died' | null
}

interface RunningThere {
  readonly id: string
  readonly job: string
  readonly tenant: string | null
  readonly startedAt: string | null
}

/** Executions that run at once, on all nodes, which are looked at. */
const MOST_RUNNING = 10_000

export interface NodesOptions {
  /** Ms since the epoch. */
  readonly now: number
  /** A process without a heartbeat for this long is dead, in ms. */
  readonly staleAfter: number
  /** Those that have ended, too. */
  readonly all?: boolean
}

/** The processes that use a store, those that live first, the oldest of each first. */
export async function readNodes(store: Store, { now, staleAfter, all = false }: NodesOptions): Promise<ShownNode[]> {
  const [nodes, running, sessions] = await Promise.all([
    store.nodes(),
    store.executions({ statuses: ['RUNNING'], limit: MOST_RUNNING }),
    all ? store.sessions() : [],
  ])
  const live = liveNodes(nodes, now, staleAfter)
  const shown = live.map((node) => liveNode(node, live, running))
  if (!all) return shown
  const dead = nodes.filter((node) => !live.includes(node))
  const known = new Set(nodes.map(({ id }) => id))
  const ended = [...dead.map(deadNode), ...sessions.filter(({ node }) => !known.has(node)).map(pastNode)]
  return [...shown, ...ended.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))]
}

function liveNode(node: NodeRecord, live: readonly NodeRecord[], running: readonly Execution[]): ShownNode {
  return {
    ...said(node),
    isAlive: true,
    leavesZonesTo: leavesZonesTo(node, live)?.id ?? null,
    running: running.filter(({ owner }) => owner === node.id).map(runningThere),
    endedAt: null,
    how: null,
  }
}

function deadNode(node: NodeRecord): ShownNode {
  const shown = said(node)
  return { ...shown, isAlive: false, leavesZonesTo: null, running: [], endedAt: shown.lastSeenAt, how: 'died' }
}

function said(node: NodeRecord): Omit<ShownNode, 'isAlive' | 'leavesZonesTo' | 'running' | 'endedAt' | 'how'> {
  const { id, host, pid, version, fires, nodeVersion, timezoneData, manifestHash, engine, queues, slots } = node
  const { inZones: _, ...jobs } = node.jobs ?? { inZones: [], known: [], off: {}, lacks: [] }
  return {
    ...{ id, host, pid, fires, version, nodeVersion, timezoneData, manifestHash, engine, queues, slots },
    jobs: node.jobs === null ? null : jobs,
    clockOffsetMs: node.clockOffset,
    startedAt: isoTime(node.startedAt),
    lastSeenAt: isoTime(node.heartbeatAt),
  }
}

function pastNode({ node, host, startedAt, lastSeenAt, endedAt, how }: NodeSessionRecord): ShownNode {
  const pid = Number(node.split(':')[1])
  return {
    ...{ id: node, host, pid: Number.isNaN(pid) ? null : pid, isAlive: false, fires: true, version: null },
    ...{ nodeVersion: null, timezoneData: null, leavesZonesTo: null, manifestHash: null, engine: null, queues: null },
    ...{ slots: null, jobs: null, running: [], clockOffsetMs: null },
    startedAt: isoTime(startedAt),
    lastSeenAt: isoTime(lastSeenAt),
    endedAt: isoTime(endedAt ?? lastSeenAt),
    how,
  }
}

const runningThere = ({ id, job, tenant, startedAt }: Execution): RunningThere => ({
  id,
  job,
  tenant: tenant === '' ? null : tenant,
  startedAt: startedAt === null ? null : isoTime(startedAt),
})

const isoTime = (instant: number): string => new Date(instant).toISOString()

const COLUMNS: readonly Column[] = [
  { title: 'Host', least: 10 },
  { title: 'Pid', align: 'right' },
  { title: 'Since' },
  { title: 'State', least: 10 },
  { title: 'Version', optional: 4 },
  { title: 'Node' },
  { title: 'Zones' },
  { title: 'Manifest', optional: 3, short: (hash) => hash.slice(0, 8) },
  { title: 'Engine', optional: 6 },
  { title: 'Queues', optional: 5, least: 8 },
  { title: 'Clock', optional: 2 },
  { title: 'Slots', align: 'right' },
  { title: 'Runs', optional: 1, least: 12 },
]

export interface NodesTableOptions {
  readonly color?: boolean
  readonly width?: number | undefined
  readonly timezone: string
}

/** The table for people, and what is to be done about nodes whose time-zone data are older. `now`: ms since the epoch. */
export function renderNodes(nodes: readonly ShownNode[], now: number, options: NodesTableOptions): string {
  if (nodes.length === 0) {
    return 'No process uses this store. Start a scheduler: node build/backend/jobs/scheduler.js --watch\n'
  }
  const rows = nodes.map((node) => [
    node.host,
    text(node.pid),
    clockText(Date.parse(node.startedAt), options.timezone),
    stateText(node, now),
    text(node.version),
    text(node.nodeVersion),
    text(node.timezoneData),
    text(node.manifestHash),
    text(node.engine),
    queuesText(node),
    node.clockOffsetMs === null ? '-' : `${node.clockOffsetMs > 0 ? '+' : ''}${node.clockOffsetMs} ms`,
    node.slots === null ? '-' : `${node.running.length} of ${node.slots}`,
    node.running.map(({ job, tenant }) => (tenant === null ? job : `${job} @ ${tenant}`)).join(', ') || '-',
  ])
  return renderTable(COLUMNS, rows, options) + nodes.flatMap((node) => zonesText(node) ?? []).join('')
}

const text = (value: string | number | null): string => (value === null ? '-' : String(value))

/** What a live process does: one that stops, or fires no schedules, works off the queue at most. */
export function roleText({ fires, engine }: Pick<ShownNode, 'fires' | 'engine'>): string {
  if (fires) return 'watches'
  return engine === null ? 'runs by hand' : 'works'
}

function stateText({ isAlive, fires, engine, how, endedAt }: ShownNode, now: number): string {
  if (isAlive) return roleText({ fires, engine })
  return `${how ?? 'ended'} ${relativeTime(Date.parse(endedAt ?? ''), now)}`
}

function queuesText({ isAlive, queues }: ShownNode): string {
  if (!isAlive) return '-'
  if (queues === null) return 'all'
  return queues.length === 0 ? 'none' : queues.join(', ')
}

/** Said of a process that leaves schedules to another one; undefined of any other. */
export function zonesText({
  id,
  timezoneData,
  leavesZonesTo: other,
}: Pick<ShownNode, 'id' | 'timezoneData' | 'leavesZonesTo'>): string | undefined {
  if (other === null) return undefined
  return (
    `${describeNode(id)} has older time-zone data (${timezoneData}) than ${describeNode(other)}: ` +
    'it leaves the schedules with a time zone to that one. Update Node there\n'
  )
}
