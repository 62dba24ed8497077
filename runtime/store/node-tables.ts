import type { NodeRecord } from './job-store.ts'
import type { Script } from './transaction-script.ts'

/** How long a scheduler watched. What no session covers was an outage. Kept as long as history. */
export interface NodeSessionRecord {
  /** Id of the node. */
  readonly node: string
  readonly host: string
  readonly startedAt: number
  readonly lastSeenAt: number
  /** Null while it watches, and while it isn't known to have ended. */
  readonly endedAt: number | null
  /** `died`: no heartbeat came any more. */
  readonly how: 'stopped' | 'died' | null
}

/** The tables of nodes and their sessions, as the rules need them. */
export interface NodeTables {
  putNode(node: NodeRecord): Script<void>
  setNextWake(node: string, at: number): Script<void>
  removeNode(id: string): Script<void>
  nodes(): Script<NodeRecord[]>
  /** Begins a session, or goes on with the one that is there. */
  putSession(session: Pick<NodeSessionRecord, 'node' | 'host' | 'startedAt'>): Script<void>
  endSession(node: string, at: number, how: 'stopped' | 'died'): Script<void>
  sessions(): Script<NodeSessionRecord[]>
  /** Those that ended before. */
  removeSessions(before: number): Script<void>
}
