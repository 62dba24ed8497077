import type { Tables } from '../driver.ts'
import type { Execution } from '../execution.ts'
import type { Script } from '../transaction-script.ts'

/**
 * The same tables, with heartbeats in the store's time: they are written by many machines, whose clocks may differ by
 * more than `staleAfter`. Those who use the tables see them in their own time. `offset`: how far the store's clock is ahead of
 * theirs, in ms.
 */
export function inStoreTime(tables: Tables, offset: () => number): Tables {
  const ours = (one: Execution): Execution =>
    one.heartbeatAt === null ? one : { ...one, heartbeatAt: one.heartbeatAt - offset() }
  const read = (script: Script<Execution[]>): Script<Execution[]> =>
    offset() === 0 ? script : mapped(script, (found) => found.map(ours))
  return {
    ...tables,
    byIds: (ids) => read(tables.byIds(ids)),
    list: (filter) => read(tables.list(filter)),
    openOf: (pairs) => read(tables.openOf(pairs)),
    headsOf: (fires, now) => read(tables.headsOf(fires, now)),
    nextOf: (pairs, now) => read(tables.nextOf(pairs, now)),
    queuePage: (page) => read(tables.queuePage(page)),
    running: (ids) => read(tables.running(ids)),
    stale: (before, owners, limit) => read(tables.stale(before + offset(), owners, limit)),
    prepareDequeue: (now, staleBefore, limit) => tables.prepareDequeue(now, staleBefore + offset(), limit),
    start: (starting, node, now) => tables.start(starting, node, now, now + offset()),
    insert: (rows) =>
      tables.insert(
        offset() === 0
          ? rows
          : rows.map((row) => ({
              ...row,
              execution: {
                ...row.execution,
                heartbeatAt: row.execution.heartbeatAt === null ? null : row.execution.heartbeatAt + offset(),
              },
            })),
      ),
    retained: () =>
      mapped(tables.retained(), (locks) =>
        locks.map((lock) => ({ ...lock, heartbeatAt: lock.heartbeatAt - offset() })),
      ),
    putNode: (node) =>
      tables.putNode({
        ...node,
        startedAt: node.startedAt + offset(),
        heartbeatAt: node.heartbeatAt + offset(),
        nextWakeAt: node.nextWakeAt + offset(),
      }),
    putSession: (session) => tables.putSession({ ...session, startedAt: session.startedAt + offset() }),
    endSession: (node, at, how) => tables.endSession(node, at + offset(), how),
    removeSessions: (before) => tables.removeSessions(before + offset()),
    sessions: () =>
      mapped(tables.sessions(), (sessions) =>
        sessions.map((session) => ({
          ...session,
          startedAt: session.startedAt - offset(),
          lastSeenAt: session.lastSeenAt - offset(),
          endedAt: session.endedAt === null ? null : session.endedAt - offset(),
        })),
      ),
    heartbeat: (node, now) => tables.heartbeat(node, now + offset()),
    setNextWake: (node, at) => tables.setNextWake(node, at + offset()),
    nodes: () =>
      mapped(tables.nodes(), (nodes) =>
        nodes.map((node) => ({
          ...node,
          startedAt: node.startedAt - offset(),
          heartbeatAt: node.heartbeatAt - offset(),
          nextWakeAt: node.nextWakeAt - offset(),
        })),
      ),
  }
}

function* mapped<From, To>(script: Script<From>, change: (result: From) => To): Script<To> {
  return change(yield* script)
}
