import type { Tables } from '../driver.ts'
import { type Execution, isFinal, JOB_STATUSES, type JobStatus } from '../execution.ts'
import type { ExecutionFilter } from '../job-store.ts'
import type { Row, Script, SqlValue } from '../transaction-script.ts'
import { EXECUTION_COLUMNS, HISTORY, OPEN } from './columns.ts'
import { type Dialect, idsAmong, valueSet } from './dialect.ts'
import { UNRESOLVED } from './dismissals.ts'
import { executionOf, text } from './rows.ts'

/** Columns that SQLite would round when it writes them as JSON. */
const REAL: readonly string[] = ['priority', 'progress_percent']
const PACKED = EXECUTION_COLUMNS.filter((column) => !REAL.includes(column))
const PACKED_NAMES = PACKED.map((column) => column.replaceAll('"', ''))

/** The columns of table `e` with all that can be in one text. */
const packed = (names: Readonly<Record<string, string>>): string =>
  [
    ...REAL.map((column) => `${names[column] ?? `e.${column}`} as ${column}`),
    `json_array(${PACKED.map((column) => names[column] ?? `e.${column}`).join(', ')}) as packed`,
  ].join(', ')

/**
 * The execution of a packed row: libsql returns columns one by one, at three times the cost of one text
 * (`npm run bench -- durable`).
 */
function packedExecutionOf(row: Row): Execution {
  const whole: Record<string, unknown> = { priority: row.priority, progress_percent: row.progress_percent }
  const values: unknown = JSON.parse(text(row, 'packed'))
  if (Array.isArray(values))
    for (let place = 0; place < values.length; place++) whole[PACKED_NAMES[place] ?? ''] = values[place]
  return executionOf(whole)
}

const plain = (names: Readonly<Record<string, string>>): string =>
  EXECUTION_COLUMNS.map((column) =>
    names[column] === undefined ? `e.${column}` : `${names[column]} as ${column}`,
  ).join(', ')

/** How executions are read as "e" of job_open and of job_history; the columns of both are alike. */
export const READ = {
  sqlite: { open: packed(OPEN), ended: packed(HISTORY), executionOf: packedExecutionOf },
  postgres: {
    open: plain(OPEN),
    ended: plain({ heartbeat_at: 'null::bigint', overrides: 'null::text', dedup_key: 'null::text' }),
    executionOf,
  },
} as const

/** Makes what reads executions by their ids, open or ended. */
export function readExecutions(dialect: Dialect): Tables['byIds'] {
  const { open, ended, executionOf } = READ[dialect]
  const ids = valueSet(dialect, 'id')
  const sql = `select ${open} from job_open e where e.id ${ids.isAmong}
    union all select ${ended} from job_history e where e.id ${ids.isAmong}`
  return function* (wanted) {
    const known = ids.of(dialect === 'postgres' ? idsAmong(wanted) : wanted)
    return (yield { sql, parameters: [known, known] }).map(executionOf)
  }
}

/** More branches than this, and one that sorts is better: SQLite allows 500. */
const MOST_BRANCHES = 40

/** Executions that meet a filter, newest first. Each branch is ordered and limited by itself, through its own index. */
export function* listExecutions(dialect: Dialect, filter: ExecutionFilter): Script<Execution[]> {
  const { jobs, parentId, idPrefix, limit = 50, unresolved } = filter
  const { statuses = unresolved === true ? FAILED : undefined } = filter
  if (jobs?.length === 0 || [parentId, idPrefix].some((part) => part !== undefined && !mayBeginId(part))) return []
  const columns = READ[dialect]
  // An id tells its time, roughly; by id it is found without a look at any other.
  const order = idPrefix === undefined ? 'e.scheduled_for desc, e.id desc' : 'e.id desc'
  const branches: { sql: string; parameters: SqlValue[] }[] = []
  const add = (table: 'open' | 'ended', own: string, asked: ExecutionFilter): void => {
    const { conditions, parameters } = conditionsOf(dialect, asked)
    const where = [own, ...conditions].filter((part) => part !== '').join(' and ')
    branches.push({
      sql: `select * from (select e.scheduled_for as at_, e.id as id_, ${columns[table]}
        from ${table === 'open' ? 'job_open' : 'job_history'} e
        ${where === '' ? '' : `where ${where}`} order by ${order} limit ?) part`,
      parameters: [...parameters, limit],
    })
  }
  const phases = (statuses ?? JOB_STATUSES).flatMap((status) => PHASES[status] ?? [])
  if (statuses === undefined) add('open', '', filter)
  else if (phases.length > 0) add('open', `e.phase in (${phases.join(', ')})`, filter)
  const ended = statuses === undefined ? [''] : [...new Set(statuses)].filter(isFinal).map(endedAs)
  const byJob = jobs !== undefined && parentId === undefined && jobs.length * 2 * ended.length <= MOST_BRANCHES
  for (const status of ended) {
    if (!byJob) add('ended', status, filter)
    // The index has the executions of a job by whether they are part of a fan-out.
    else
      for (const job of new Set(jobs))
        for (const child of [0, 1]) add('ended', ofJob(child, status), { ...filter, jobs: [job] })
  }
  if (branches.length === 0) return []
  const sql = `${branches.map((branch) => branch.sql).join(' union all ')} order by at_ desc, id_ desc limit ?`
  const rows = yield { sql, parameters: [...branches.flatMap(({ parameters }) => parameters), limit] }
  return rows.map(columns.executionOf)
}

const ofJob = (child: number, status: string): string => `e.child = ${child}${status === '' ? '' : ` and ${status}`}`

const PHASES: Partial<Record<JobStatus, readonly number[]>> = { QUEUED: [0, 1], RUNNING: [2], SKIPPED: [3] }

/** As a literal, and with the term of the partial index, which is then used. */
const endedAs = (status: JobStatus): string =>
  `e.status = '${status}'${status === 'SUCCESS' ? '' : ` and e.status <> 'SUCCESS'`}`

function conditionsOf(dialect: Dialect, filter: ExecutionFilter): { conditions: string[]; parameters: SqlValue[] } {
  const { jobs, since, until, tenant, parentId, idPrefix, idSuffix, unresolved } = filter
  const conditions: string[] = []
  const parameters: SqlValue[] = []
  const where = (condition: string, ...values: SqlValue[]): void => {
    conditions.push(condition)
    parameters.push(...values)
  }
  if (unresolved === true) where(UNRESOLVED)
  const texts = valueSet(dialect, 'text')
  const [job] = jobs ?? []
  if (jobs?.length === 1 && job !== undefined) where('e.job = ?', job)
  else if (jobs !== undefined) where(`e.job ${texts.isAmong}`, texts.of(jobs))
  if (since !== undefined) where('e.scheduled_for >= ?', since)
  if (until !== undefined) where('e.scheduled_for <= ?', until)
  if (tenant !== undefined) where(tenant === '' ? 'e.tenant = ?' : `e.tenant = ? and e.tenant <> ''`, tenant)
  if (parentId !== undefined) where('e.parent_id = ?', parentId)
  if (idPrefix !== undefined) where('e.id >= ? and e.id <= ?', padded(idPrefix, '0'), padded(idPrefix, 'f'))
  // By length and not by -N: PostgreSQL's substr takes no negative start. An id has 36 characters.
  if (idSuffix !== undefined) {
    where(`substr(${dialect === 'sqlite' ? 'e.id' : 'e.id::text'}, ${37 - idSuffix.length}) = ?`, idSuffix)
  }
  return { conditions, parameters }
}

const FAILED: readonly JobStatus[] = ['FAILURE', 'STALE']

const SHAPE = '00000000-0000-0000-0000-000000000000'

/** An id that begins so, and goes on with one digit. */
const padded = (start: string, digit: string): string =>
  start.toLowerCase() + SHAPE.slice(start.length).replaceAll('0', digit)

const mayBeginId = (start: string): boolean => idsAmong([padded(start, '0')]).length > 0
