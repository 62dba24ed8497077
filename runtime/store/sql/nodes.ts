import type { NodeRecord } from '../job-store.ts'
import type { NodeTables } from '../node-tables.ts'
import type { SqlValue } from '../transaction-script.ts'
import { typed } from './columns.ts'
import { type Dialect, inserter, updating } from './dialect.ts'
import { nodeOf, sessionOf } from './rows.ts'

/** What a process says of itself. */
const SAID = [
  ...['id', 'host', 'pid', 'version', 'started_at', 'heartbeat_at', 'next_wake_at', 'fires'],
  ...['node_version', 'tz_data', 'manifest_hash', 'engine', 'queues', 'slots', 'jobs'],
  ...['boot_id', 'pid_namespace', 'process_started_at', 'clock_offset_ms'],
]
const SESSION = ['node', 'host', 'started_at', 'last_seen_at']

export function nodeTables(dialect: Dialect): NodeTables {
  const putNode = inserter(dialect, 'job_node', { ...typed(SAID), id: 'text' }, updating(SAID, ['id']))
  const resumed = 'on conflict (node) do update set ended_at = null, how = null'
  const putSession = inserter(dialect, 'job_session', typed(SESSION), resumed)
  return {
    *putNode(node) {
      const row = rowOf(node)
      yield* putNode([row])
    },
    *setNextWake(node, at) {
      yield { sql: 'update job_node set next_wake_at = ? where id = ?', parameters: [at, node], isBlind: true }
    },
    *removeNode(id) {
      yield { sql: 'delete from job_node where id = ?', parameters: [id], isBlind: true }
    },
    *nodes() {
      const sql = `select ${SAID.join(', ')} from job_node order by started_at, id`
      return (yield { sql, parameters: [] }).map(nodeOf)
    },

    *putSession({ node, host, startedAt }) {
      const row = [node, host, startedAt, startedAt]
      yield* putSession([row])
    },
    *endSession(node, at, how) {
      const sql = 'update job_session set last_seen_at = ?, ended_at = ?, how = ? where node = ?'
      yield { sql, parameters: [at, at, how, node], isBlind: true }
    },
    *sessions() {
      // While a node lives, its heartbeat tells when it was last seen: the session needs no writing.
      const sql = `select s.node, s.host, s.started_at, s.ended_at, s.how,
          case when n.heartbeat_at > s.last_seen_at then n.heartbeat_at else s.last_seen_at end as last_seen_at
        from job_session s left join job_node n on n.id = s.node order by s.started_at, s.node`
      return (yield { sql, parameters: [] }).map(sessionOf)
    },
    *removeSessions(before) {
      yield {
        sql: 'delete from job_session where last_seen_at < ? and ended_at < ?',
        parameters: [before, before],
        isBlind: true,
      }
    },
  }
}

function rowOf(node: NodeRecord): SqlValue[] {
  const { id, host, pid, version, startedAt, heartbeatAt, nextWakeAt, fires, queues, jobs, identity } = node
  return [
    ...[id, host, pid, version, startedAt, heartbeatAt, nextWakeAt, fires ? 1 : 0],
    ...[node.nodeVersion, node.timezoneData, node.manifestHash, node.engine],
    ...[queues === null ? null : JSON.stringify(queues), node.slots, jobs === null ? null : JSON.stringify(jobs)],
    ...[identity?.bootId ?? null, identity?.pidNamespace ?? null, identity?.startedAt ?? null, node.clockOffset],
  ]
}
