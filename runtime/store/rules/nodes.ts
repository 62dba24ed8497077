import type { Tables } from '../driver.ts'
import type { NodeRecord } from '../job-store.ts'
import type { Script } from '../transaction-script.ts'

/** A process says what it is. One that watches has a session from then on; said again, that session goes on. */
export function* registerNode(tables: Tables, node: NodeRecord): Script<void> {
  yield* tables.putNode(node)
  if (node.fires) yield* tables.putSession({ node: node.id, host: node.host, startedAt: node.startedAt })
}

export function* removeNode(tables: Tables, id: string, at: number): Script<void> {
  yield* tables.removeNode(id)
  yield* tables.endSession(id, at, 'stopped')
}

/** Those without a heartbeat since `before`. */
export function* forgetNodes(tables: Tables, before: number): Script<void> {
  for (const { id, heartbeatAt } of yield* tables.nodes()) {
    if (heartbeatAt >= before) continue
    yield* tables.removeNode(id)
    yield* tables.endSession(id, heartbeatAt, 'died')
  }
}
