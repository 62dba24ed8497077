import type { PauseHistory, Tables } from '../driver.ts'
import type { LogLine } from '../execution.ts'
import type { Row, SqlValue } from '../transaction-script.ts'
import { typed } from './columns.ts'
import { type Dialect, idsAmong, inserter, updating } from './dialect.ts'
import { attemptOf, logLineOf, number, numberOrNull, oneOf, text, textOrNull } from './rows.ts'

type RecordTables = Pick<
  Tables,
  'insertAttempts' | 'attempts' | 'logSize' | 'addLog' | 'cutLog' | 'logLines' | 'pauses' | 'putPause' | 'heartbeat'
>

const ATTEMPT = ['execution_id', 'attempt', 'owner', 'started_at', 'finished_at']
const ERROR = ['error_code', 'error_message', 'error_stack']
const LINE = ['execution_id', 'line', 'attempt', 'at', 'level', 'message', 'data', 'bytes', 'cut']
const STATE = ['scope', 'job', 'paused', 'since', 'until', 'drain', 'changed_by', 'reason', 'past']

export function recordTables(dialect: Dialect): RecordTables {
  const [heartbeatNode, heartbeatExecutions] = heartbeatStatements(dialect)
  const addGood = inserter(dialect, 'job_attempt', typed(ATTEMPT), 'on conflict do nothing')
  const addBad = inserter(dialect, 'job_attempt', typed([...ATTEMPT, ...ERROR]), 'on conflict do nothing')
  const addLines = inserter(dialect, 'job_log', typed(LINE), 'on conflict do nothing')
  const putLines = inserter(
    dialect,
    'job_log',
    typed(LINE),
    `on conflict (execution_id, line) do update
      set at = excluded.at, message = excluded.message, data = excluded.data, cut = excluded.cut`,
  )
  const putState = inserter(dialect, 'job_pause', typed(STATE), updating(STATE, ['scope', 'job']))
  return {
    *insertAttempts(attempts) {
      const good: SqlValue[][] = []
      const bad: SqlValue[][] = []
      for (const { executionId, attempt, owner, startedAt, finishedAt, error } of attempts) {
        const row = [executionId, attempt, owner, startedAt, finishedAt]
        if (error === null) good.push(row)
        else bad.push([...row, error.code, error.message, error.stack])
      }
      yield* addGood(good)
      yield* addBad(bad)
    },
    *attempts(executionId) {
      if (idsAmong([executionId]).length === 0) return []
      const rows = yield {
        sql: `select ${[...ATTEMPT, ...ERROR].join(', ')} from job_attempt where execution_id = ? order by attempt`,
        parameters: [executionId],
      }
      return rows.map(attemptOf)
    },

    *logSize(executionId) {
      const [row] = yield {
        sql: `select count(*) as line_count, coalesce(sum(bytes), 0) as byte_count, coalesce(max(cut), 0) as cut
          from job_log where execution_id = ?`,
        parameters: [executionId],
      }
      if (row === undefined) return { lines: 0, bytes: 0, cut: 0 }
      return { lines: number(row, 'line_count'), bytes: Number(row.byte_count), cut: number(row, 'cut') }
    },
    *addLog(executionId, attempt, from, lines) {
      const rows = lines.map((line, place) => [executionId, from + place, attempt, ...lineValues(line), 0])
      yield* addLines(rows)
    },
    *cutLog(executionId, attempt, line, note, cut) {
      const row = [executionId, line, attempt, ...lineValues(note), cut]
      yield* putLines([row])
    },
    *logLines(executionId, from) {
      if (idsAmong([executionId]).length === 0) return []
      const rows = yield {
        sql: 'select at, level, message, data from job_log where execution_id = ? and line >= ? order by line',
        parameters: [executionId, from],
      }
      return rows.map(logLineOf)
    },

    *pauses() {
      return (yield { sql: `select ${STATE.join(', ')} from job_pause order by scope, job`, parameters: [] }).map(
        pauseOf,
      )
    },
    *putPause({ scope, job, paused, since, until, drain, by, reason, past }) {
      const row = [scope, job, paused ? 1 : 0, since, until, drain ? 1 : 0, by, reason, JSON.stringify(past)]
      yield* putState([row])
    },

    *heartbeat(node, now) {
      yield { sql: heartbeatNode, parameters: [now, node], isBlind: true }
      yield { sql: heartbeatExecutions, parameters: [now, node], isBlind: true }
    },
  }
}

const lineValues = (line: LogLine): SqlValue[] => {
  const data = line.data === null ? null : JSON.stringify(line.data)
  return [line.at, line.level, line.message, data, Buffer.byteLength(line.message) + (data?.length ?? 0)]
}

const isScope = (value: string): value is PauseHistory['scope'] => ['job', 'queue', 'all'].includes(value)

function pauseOf(row: Row): PauseHistory {
  const past: [number, number][] = JSON.parse(text(row, 'past'))
  return {
    scope: oneOf(row, 'scope', isScope),
    job: text(row, 'job'),
    paused: number(row, 'paused') === 1,
    since: number(row, 'since'),
    until: numberOrNull(row, 'until'),
    drain: number(row, 'drain') === 1,
    by: text(row, 'changed_by'),
    reason: textOrNull(row, 'reason'),
    past,
  }
}

/** One heartbeat: the node's own row, then all that it runs (in one order, so that none waits in a circle). */
export function heartbeatStatements(dialect: Dialect): readonly [node: string, executions: string] {
  return [
    'update job_node set heartbeat_at = ? where id = ?',
    dialect === 'sqlite'
      ? `update job_open set heartbeat_at = ? where phase = 2 and owner = ?`
      : `update job_open set heartbeat_at = ? where id in (
          select id from job_open where phase = 2 and owner = ? order by id for update)`,
  ]
}
