import type { EndedOpen, Ending, Tables } from '../driver.ts'
import type { Row, SqlValue } from '../transaction-script.ts'
import { type Dialect, rowSet, valueSet } from './dialect.ts'
import { moving } from './move-to-history.ts'
import { number, pairOf, text } from './rows.ts'

type EndTables = Pick<Tables, 'finish' | 'requeue' | 'closeSkips' | 'extendSkips'>

/** How an open execution ends, but for those that succeed. */
const ENDING = {
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
} as const

/** What ends executions, and what counts and closes skips. */
export function endTables(dialect: Dialect): EndTables {
  const ids = valueSet(dialect, 'id')
  const endings = rowSet(dialect, { id: 'id', ...ENDING })
  const requeued = rowSet(dialect, {
    id: 'id',
    available_at: 'integer',
    error_code: 'text',
    error_message: 'text',
    error_stack: 'text',
    recoveries: 'integer',
    waits: 'integer',
  })
  const extended = rowSet(dialect, { id: 'id', more: 'integer', until: 'integer', at: 'integer' })
  const columns = Object.keys(ENDING)
  const own = Object.fromEntries(columns.map((column) => [column, `v.${column}`]))
  const move = {
    QUEUED: moving(dialect, { from: endings.sql, where: 'o.id = v.id and o.phase < 2', values: own }),
    RUNNING: moving(dialect, { from: endings.sql, where: 'o.id = v.id and o.phase = 2', values: own }),
  }
  const skipColumns = [
    'owner',
    'available_at',
    'recoveries',
    'finished_at',
    'skip_reason',
    'skip_count',
    'skipped_until',
  ]
  const close = moving(dialect, {
    from: null,
    where: `o.id ${ids.isAmong} and o.phase = 3`,
    values: {
      ...Object.fromEntries(skipColumns.map((column) => [column, `o.${column}`])),
      status: `'SKIPPED'`,
      skip_cause: dialect === 'sqlite' ? causeInSqlite : `split_part(o.skip_reason, ':', 1)`,
    },
  })
  const requeue = `update job_open set phase = 0, owner = '', available_at = v.available_at, error_code = v.error_code,
      error_message = v.error_message, error_stack = v.error_stack, recoveries = v.recoveries, waits = v.waits
    from ${requeued.sql} v where job_open.id = v.id and job_open.phase = 2
    returning job_open.id, job_open.job, job_open.tenant, job_open.followed, 0 as keyed`
  const extendSkips = `update job_open set skip_count = skip_count + v.more, skipped_until = v.until, finished_at = v.at
    from ${extended.sql} v where job_open.id = v.id and phase = 3`
  return {
    *finish(list, from) {
      return list.length === 0 ? [] : (yield* move[from](endings.of(list.map(endingValues)))).map(endedOf)
    },
    *requeue(list, now) {
      if (list.length === 0) return []
      const rows = list.map(({ id, availableAt, error, recoveries }) => [
        ...[id, availableAt, error?.code ?? null, error?.message ?? null, error?.stack ?? null, recoveries],
        availableAt > now ? 2 : 0,
      ])
      return (yield { sql: requeue, parameters: requeued.of(rows) }).map(endedOf)
    },
    *closeSkips(closed) {
      if (closed.length > 0) yield* close([ids.of(closed)])
    },
    *extendSkips(more) {
      const rows = more.map(({ id, count, until, at }) => [id, count, until, at])
      if (rows.length > 0) yield { sql: extendSkips, parameters: extended.of(rows), isBlind: true }
    },
  }
}

const causeInSqlite = `case instr(o.skip_reason, ':') when 0 then o.skip_reason
  else substr(o.skip_reason, 1, instr(o.skip_reason, ':') - 1) end`

/** The values of ENDING, after the id. */
function endingValues(ending: Ending): SqlValue[] {
  const { id, status, owner, availableAt, finishedAt, durationMs, error, skip, recoveries } = ending
  return [
    ...[id, status, owner, availableAt, finishedAt, durationMs],
    ...[error?.code ?? null, error?.message ?? null, error?.stack ?? null],
    ...[skip?.cause ?? null, skip?.reason ?? null, skip === null ? 0 : 1, skip?.until ?? null, recoveries],
  ]
}

export const endedOf = (row: Row): EndedOpen => ({
  ...pairOf(row),
  id: text(row, 'id'),
  followed: number(row, 'followed') === 1,
  keyed: number(row, 'keyed') === 1,
})
