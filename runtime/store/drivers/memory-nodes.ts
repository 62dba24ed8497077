import { copyOf } from '../../support/copy.ts'
import type { NodeRecord } from '../job-store.ts'
import type { NodeSessionRecord, NodeTables } from '../node-tables.ts'
import { result } from '../transaction-script.ts'

/** Nodes and their sessions, as maps. */
export class MemoryNodes implements NodeTables {
  readonly #nodes = new Map<string, NodeRecord>()
  readonly #sessions = new Map<string, NodeSessionRecord>()

  /** A node that is registered. */
  protected node(id: string): NodeRecord | undefined {
    return this.#nodes.get(id)
  }

  putNode(node: NodeRecord) {
    this.#nodes.set(node.id, copyOf(node))
    return result(undefined)
  }

  /** When a node gave its last sign of life. */
  nodeHeartbeat(node: string, now: number): void {
    const known = this.#nodes.get(node)
    if (known !== undefined) this.#nodes.set(node, { ...known, heartbeatAt: now })
  }

  setNextWake(node: string, at: number) {
    const known = this.#nodes.get(node)
    if (known !== undefined) this.#nodes.set(node, { ...known, nextWakeAt: at })
    return result(undefined)
  }

  removeNode(id: string) {
    this.#nodes.delete(id)
    return result(undefined)
  }

  putSession(session: Pick<NodeSessionRecord, 'node' | 'host' | 'startedAt'>) {
    const { startedAt } = this.#sessions.get(session.node) ?? session
    this.#sessions.set(session.node, { ...session, startedAt, lastSeenAt: startedAt, endedAt: null, how: null })
    return result(undefined)
  }

  endSession(node: string, at: number, how: 'stopped' | 'died') {
    const known = this.#sessions.get(node)
    if (known !== undefined) this.#sessions.set(node, { ...known, lastSeenAt: at, endedAt: at, how })
    return result(undefined)
  }

  sessions() {
    const seen = [...this.#sessions.values()].map((session) => {
      const heartbeatAt = this.#nodes.get(session.node)?.heartbeatAt ?? 0
      return { ...session, lastSeenAt: Math.max(session.lastSeenAt, heartbeatAt) }
    })
    return result(seen.sort((a, b) => a.startedAt - b.startedAt || (a.node < b.node ? -1 : 1)))
  }

  removeSessions(before: number) {
    for (const { node, endedAt } of [...this.#sessions.values()]) {
      if (endedAt !== null && endedAt < before) this.#sessions.delete(node)
    }
    return result(undefined)
  }

  nodes() {
    return result([...this.#nodes.values()].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)))
  }
}
