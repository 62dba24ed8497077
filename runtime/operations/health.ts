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
}

/** The loop may wake this much later than it said before it counts as late, in ms. */
const TOLERANCE = 15_000

/** Pure: the health of each process that fires. `now` and `staleAfter` in ms. */
export function healthOf(nodes: readonly NodeRecord[], now: number, staleAfter: number): NodeHealth[] {
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
    }))
}
