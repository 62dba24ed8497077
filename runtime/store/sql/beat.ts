import type { Dialect } from './dialect.ts'

/** One beat: the node's own row, then all that it runs (in one order, so that nobody waits in a circle). */
export function beatStatements(dialect: Dialect): readonly [node: string, executions: string] {
  return [
    'update scheduler_node set heartbeat_at = ? where id = ?',
    dialect === 'sqlite'
      ? `update job_execution set heartbeat_at = ? where status = 'RUNNING' and owner = ?`
      : `update job_execution set heartbeat_at = ? where id in (
          select id from job_execution where status = 'RUNNING' and owner = ? order by id for update)`,
  ]
}
