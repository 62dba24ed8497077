import { idsOf, number, text } from '../rows.ts'
import type { Tables } from '../tables.ts'
import { type Dialect, instants, set, setOf } from './dialect.ts'

/** What ends executions, and notes it of their attempts. */
export function executionEnds(dialect: Dialect): Pick<Tables, 'end' | 'succeed'> {
  const sql = {
    end: `update job_execution set status = v.status, owner = v.owner, available_at = v.available_at,
        finished_at = v.finished_at, duration_ms = v.duration_ms, error_code = v.error_code,
        error_message = v.error_message, error_stack = v.error_stack, skip_cause = v.skip_cause,
        skip_reason = v.skip_reason, skip_count = v.skip_count, skipped_until = v.skipped_until,
        recoveries = v.recoveries
      from ${set(dialect, {
        id: 'text',
        status: 'text',
        owner: 'text',
        available_at: 'integer',
        finished_at: 'integer',
        duration_ms: 'integer',
        error_code: 'text',
        error_message: 'text',
        error_stack: 'text',
        skip_cause: 'text',
        skip_reason: 'text',
        skip_count: 'integer',
        skipped_until: 'integer',
        recoveries: 'integer',
      })} v
      where job_execution.id = v.id and job_execution.status = ? returning job_execution.id`,
    // Most executions end well, in their first attempt: that carries two values instead of fourteen, and needs no look
    // at the row before.
    succeed: `update job_execution set status = 'SUCCESS', finished_at = v.at, duration_ms = v.at - started_at,
        error_code = null, error_message = null, error_stack = null
      from ${instants(dialect)} v
      where job_execution.id = v.id and status = 'RUNNING' and attempt = ? and owner = ?`,
    succeeded: `select e.id from ${instants(dialect)} v join job_execution e on e.id = v.id
      where e.status = 'SUCCESS' and e.attempt = ? and e.owner = ? and e.finished_at = v.at`,
  }
  const attemptColumns = 'execution_id, attempt, owner, started_at, finished_at'
  const noteSuccess = `insert into job_attempt (${attemptColumns})
    select e.id, e.attempt, e.owner, e.started_at, e.finished_at
      from ${instants(dialect)} v join job_execution e on e.id = v.id
      where e.status = 'SUCCESS' and e.attempt = ? and e.owner = ? and e.finished_at = v.at
    on conflict do nothing`
  const succeedAtOnce = `with ended as (${sql.succeed}
      returning job_execution.id, job_execution.attempt, job_execution.owner, started_at, finished_at),
    noted as (insert into job_attempt (${attemptColumns}) select * from ended on conflict do nothing)
    select id from ended`
  return {
    *end(endings, from) {
      const parameter = setOf(
        endings.map((ending) => [
          ending.id,
          ending.status,
          ending.owner,
          ending.availableAt,
          ending.finishedAt,
          ending.durationMs,
          ending.error?.code ?? null,
          ending.error?.message ?? null,
          ending.error?.stack ?? null,
          ending.skip?.cause ?? null,
          ending.skip?.reason ?? null,
          ending.skip === null ? 0 : 1,
          ending.skip?.until ?? null,
          ending.recoveries,
        ]),
      )
      return idsOf(yield { sql: sql.end, parameters: [parameter, from] })
    },
    *succeed(ends, owner) {
      const byAttempt = new Map<number, { ids: string[]; entries: string[] }>()
      for (const { id, attempt, at } of ends) {
        const mine = byAttempt.get(attempt) ?? { ids: [], entries: [] }
        mine.ids.push(id)
        mine.entries.push(`${JSON.stringify(id)}:${at}`)
        byAttempt.set(attempt, mine)
      }
      const ended = new Set<string>()
      for (const [attempt, { ids, entries }] of byAttempt) {
        // Written as text at once: an object with hundreds of ids as its keys takes ten times as long to make.
        const parameters = [`{${entries.join()}}`, attempt, owner]
        if (dialect === 'postgres') {
          for (const row of yield { sql: succeedAtOnce, parameters }) ended.add(text(row, 'id'))
          continue
        }
        // Nobody else writes meanwhile, so a count is enough to know that all were accepted, as nearly always.
        yield { sql: sql.succeed, parameters }
        const [changed] = yield { sql: 'select changes() as n', parameters: [] }
        yield { sql: noteSuccess, parameters }
        if (changed !== undefined && number(changed, 'n') === ids.length) for (const id of ids) ended.add(id)
        else for (const row of yield { sql: sql.succeeded, parameters }) ended.add(text(row, 'id'))
      }
      return ended
    },
  }
}
