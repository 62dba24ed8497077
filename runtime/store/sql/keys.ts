import type { KeyTables } from '../key-tables.ts'
import { type Dialect, valueSet } from './dialect.ts'
import { numberOrNull, text } from './rows.ts'

/** Keys of enqueued work. */
export function keyTables(dialect: Dialect): KeyTables {
  const ids = valueSet(dialect, 'id')
  const freed = { start: ' and frees_at_start = 1', end: '' }
  const mine = (when: 'start' | 'end'): string => `execution_id ${ids.isAmong} and free_at is null${freed[when]}`
  const sql = {
    holder: `select execution_id, latest_at from job_key
      where job = ? and tenant = ? and key = ? and (free_at is null or free_at > ?)`,
    take: `insert into job_key (job, tenant, key, execution_id, frees_at_start, keep_for, latest_at)
      values (?, ?, ?, ?, ?, ?, ?)
      on conflict (job, tenant, key) do update set execution_id = excluded.execution_id, free_at = null,
        frees_at_start = excluded.frees_at_start, keep_for = excluded.keep_for, latest_at = excluded.latest_at
      where job_key.free_at <= ? returning execution_id`,
    // A row that nothing keeps any longer is gone at once: the table is no larger than what is open.
    remove: {
      start: `delete from job_key where ${mine('start')} and keep_for = 0`,
      end: `delete from job_key where ${mine('end')} and keep_for = 0`,
    },
    free: {
      start: `update job_key set free_at = keep_for + ? where ${mine('start')}`,
      end: `update job_key set free_at = keep_for + ? where ${mine('end')}`,
    },
    // What is about to start it sees by `queued_at` that it has changed.
    reschedule: `update job_open set args = ?, available_at = ?, scheduled_for = ?, queued_at = queued_at + 1,
        waits = case when waits = 1 and ? = 0 then 1 else ? end
      where id = ? and phase = 0 and attempt = 0 returning id`,
    removeFree: 'delete from job_key where free_at < ?',
  }
  return {
    *keyHolder({ job, tenant, key }, now) {
      const [row] = yield { sql: sql.holder, parameters: [job, tenant, key, now] }
      return row === undefined
        ? null
        : { executionId: text(row, 'execution_id'), latestAt: numberOrNull(row, 'latest_at') }
    },
    *takeKey({ job, tenant, key, executionId, freesAtStart, keepFor, latestAt }, now) {
      const parameters = [job, tenant, key, executionId, freesAtStart ? 1 : 0, keepFor, latestAt, now]
      return (yield { sql: sql.take, parameters }).length > 0
    },
    *freeKeys(executionIds, at, when) {
      if (executionIds.length === 0) return
      const known = ids.of(executionIds)
      yield { sql: sql.remove[when], parameters: [known], isBlind: true }
      yield { sql: sql.free[when], parameters: [at, known], isBlind: true }
    },
    *reschedule({ id, args, availableAt, now }) {
      const waits = availableAt > now ? 2 : 0
      const parameters = [JSON.stringify(args), availableAt, availableAt, waits, waits, id]
      return (yield { sql: sql.reschedule, parameters }).length > 0
    },
    *removeFreeKeys(before) {
      yield { sql: sql.removeFree, parameters: [before], isBlind: true }
    },
  }
}
