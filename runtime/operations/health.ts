import { leavesZonesTo, liveNodes } from '../scheduler/newer-timezone-data.ts'
import type { NodeRecord } from '../store/job-store.ts'

/** Whether a scheduler is alive and on time. */
export interface NodeHealth {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  readonly heartbeatAt: string
  /** Its heartbeat is fresh. */
  readonly isAlive: boolean
  /** Its loop woke when it said it would. */
  readonly isOnTime: boolean
  /** Of Node, such as 24.21.0; null where it isn't known. */
  readonly nodeVersion: string | null
  /** The release of its time-zone data, such as 2026c. */
  readonly timezoneData: string | null
  /** The id of the process with newer time-zone data to which it leaves the schedules with a time zone. */
  readonly leavesZonesTo: string | null
}

/** The loop may wake this much later than it said before it counts as late, in ms. */
const TOLERANCE = 15_000

/** The health of each process that fires. `now` and `staleAfter` in ms. */
export function healthOf(nodes: readonly NodeRecord[], now: number, staleAfter: number): NodeHealth[] {
  const live = liveNodes(nodes, now, staleAfter)
  return nodes
    .filter(({ fires }) => fires)
    .map((node) => ({
      id: node.id,
      host: node.host,
      pid: node.pid,
      version: node.version,
      startedAt: new Date(node.startedAt).toISOString(),
      heartbeatAt: new Date(node.heartbeatAt).toISOString(),
      isAlive: now - node.heartbeatAt <= staleAfter,
      isOnTime: now <= node.nextWakeAt + TOLERANCE,
      nodeVersion: node.nodeVersion,
      timezoneData: node.timezoneData,
      leavesZonesTo: live.includes(node) ? (leavesZonesTo(node, live)?.id ?? null) : null,
    }))
}
