import type { Tables } from '../driver.ts'
import type { LockKey } from '../locks.ts'
import type { Script, SqlValue } from '../transaction-script.ts'
import { arrayText, type Dialect } from './dialect.ts'
import { insertIntoHistory } from './move-to-history.ts'
import { number, pairOf, text, textOrNull } from './rows.ts'

interface Success {
  readonly id: string
  readonly at: number
}

interface Succeeded {
  readonly ids: readonly string[]
  readonly followed: readonly LockKey[]
  readonly keyed: readonly string[]
}

/** Attempts of one owner that end well, all of one number: what nearly all executions come to, in the fewest statements. */
type SucceedAlike = (ends: readonly Success[], attempt: number, owner: string) => Script<Succeeded>

export function succeeding(dialect: Dialect): Tables['succeed'] {
  const succeed = dialect === 'sqlite' ? succeedInSqlite() : succeedInPostgres()
  return function* (ends, owner) {
    const byAttempt = new Map<number, Success[]>()
    for (const { id, attempt, at } of ends) {
      const mine = byAttempt.get(attempt)
      if (mine === undefined) byAttempt.set(attempt, [{ id, at }])
      else mine.push({ id, at })
    }
    const ids = new Set<string>()
    const followed: LockKey[] = []
    const keyed: string[] = []
    for (const [attempt, mine] of byAttempt) {
      const ended = yield* succeed(mine, attempt, owner)
      for (const id of ended.ids) ids.add(id)
      followed.push(...ended.followed)
      keyed.push(...ended.keyed)
    }
    return { ids, followed, keyed }
  }
}

const values = (at: string): Record<string, string> => ({
  owner: 'o.owner',
  available_at: 'o.available_at',
  recoveries: 'o.recoveries',
  status: `'SUCCESS'`,
  finished_at: at,
  duration_ms: `${at} - o.started_at`,
})

/** Instants by id are passed as one JSON object, written as text at once: an object to stringify takes ten times as long. */
function succeedInSqlite(): SucceedAlike {
  const ends = '(select key as id, value as at from json_each(?))'
  const isMine = 'phase = 2 and attempt = ? and owner = ?'
  const sql = {
    insert: `${insertIntoHistory(values('v.at'), `${ends} v cross join job_open o`)} where o.id = v.id
      and o.phase = 2 and o.attempt = ? and o.owner = ?`,
    changes: 'select changes() as n',
    someFollowed: 'select 1 from job_open where phase = 2 and followed = 1 limit 1',
    followed: `select job, tenant from job_open where followed = 1 and id in (select key from json_each(?)) and ${isMine}`,
    keyed: `select execution_id from job_key where execution_id in (select key from json_each(?)) and free_at is null`,
    remove: `delete from job_open where id in (select key from json_each(?)) and ${isMine}`,
    ended: `select e.id from ${ends} v join job_history e on e.id = v.id
      where e.status = 'SUCCESS' and e.attempt = ? and e.owner = ? and e.finished_at = v.at`,
  }
  return function* (mine, attempt, owner) {
    const parameters: SqlValue[] = [
      `{${mine.map(({ id, at }) => `${JSON.stringify(id)}:${at}`).join()}}`,
      attempt,
      owner,
    ]
    yield { sql: sql.insert, parameters, isBlind: true }
    // No other transaction writes meanwhile, so a count is enough to know that all were accepted, as nearly always.
    const [changed] = yield { sql: sql.changes, parameters: [] }
    const isAll = changed !== undefined && number(changed, 'n') === mine.length
    const hasFollowed = (yield { sql: sql.someFollowed, parameters: [] }).length > 0
    const followed = hasFollowed ? (yield { sql: sql.followed, parameters }).map(pairOf) : []
    const keyed = (yield { sql: sql.keyed, parameters: parameters.slice(0, 1) }).map((row) => text(row, 'execution_id'))
    yield { sql: sql.remove, parameters, isBlind: true }
    const ids = isAll ? mine.map(({ id }) => id) : (yield { sql: sql.ended, parameters }).map((row) => text(row, 'id'))
    return { ids, followed, keyed: isAll ? keyed : keyed.filter((id) => ids.includes(id)) }
  }
}

/** One statement. It says who ended only where not all did, which lines somebody waits in, and who has a key. */
function succeedInPostgres(): SucceedAlike {
  const statement = (at: string): string => `with gone as (
      delete from job_open o where o.id = any(?1::uuid[]) and o.phase = 2 and o.attempt = ?2 and o.owner = ?3 returning o.*),
    kept as (${insertIntoHistory(values(at), 'gone o')})
    select case when count(*) < cardinality(?1::uuid[]) then coalesce(json_agg(id)::text, '[]') end as some,
      (json_agg(json_build_object('job', job, 'tenant', tenant)) filter (where followed = 1))::text as lines,
      (json_agg(id) filter (where dedup_key is not null))::text as keyed from gone`
  const same = statement('?4::bigint')
  const each = statement('(?4::bigint[])[array_position(?1::uuid[], o.id)]')
  return function* (mine, attempt, owner) {
    const ids = mine.map(({ id }) => id)
    const at = mine[0]?.at ?? 0
    const isSame = mine.every((end) => end.at === at)
    const [row] = yield {
      sql: isSame ? same : each,
      parameters: [arrayText(ids), attempt, owner, isSame ? at : arrayText(mine.map((end) => end.at))],
    }
    const some = row === undefined ? null : textOrNull(row, 'some')
    const lines = row === undefined ? null : textOrNull(row, 'lines')
    const keyed = row === undefined ? null : textOrNull(row, 'keyed')
    return {
      ids: some === null ? ids : JSON.parse(some),
      followed: lines === null ? [] : JSON.parse(lines),
      keyed: keyed === null ? [] : JSON.parse(keyed),
    }
  }
}
