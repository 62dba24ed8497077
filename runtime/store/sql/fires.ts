import type { Dependency, FireKey, Tables } from '../driver.ts'
import type { Row, SqlValue } from '../transaction-script.ts'
import { OPEN, typed } from './columns.ts'
import { type Dialect, inserter, probing, rowSet } from './dialect.ts'
import { isStatus, number, numberOrNull, oneOf, pairOf } from './rows.ts'

type FireTables = Pick<
  Tables,
  'claimedAmong' | 'recordedAmong' | 'newestClaimed' | 'claimFires' | 'dependencies' | 'tenantDependencies'
>

/** All values of the two columns of job_open_line that come before the instant in it: so the index is used up to the instant. */
const EXACT = `e.phase in (0, 1, 2, 3) and e.lock_kind in ('exclusive', 'bypass')`

/** Of one job, tenant and schedule. */
const SAME = 'e.job = v.job and e.tenant = v.tenant and e.schedule_key = v.schedule_key'

const FIRE = ['scheduled_for', 'job', 'tenant', 'schedule_key', 'execution_id']

/** Claimed fires, and what is known of the fires of an instant. */
export function fireTables(dialect: Dialect): FireTables {
  const fires = rowSet(dialect, {
    place: 'integer',
    scheduled_for: 'integer',
    job: 'text',
    tenant: 'text',
    schedule_key: 'text',
  })
  const instants = rowSet(dialect, { job: 'text', scheduled_for: 'integer' })
  const tenants = rowSet(dialect, { job: 'text', scheduled_for: 'integer', tenant: 'text' })
  const probe = (table: string, where: string): string => probing(dialect, table, where)
  const ofLoop = `e."trigger" in ('schedule', 'catch-up')`
  const seen = (status: string): string => `e.job, e.tenant, ${status} as status, e.scheduled_for, e.skipped_until`
  const sql = {
    newest: 'select max(scheduled_for) as at from job_fire',
    claimed: `select v.place from ${fires.sql} v ${probe('job_fire', `${SAME} and e.scheduled_for = v.scheduled_for`)}`,
    // One statement, one snapshot: what moves from the one table to the other meanwhile is in exactly one of them.
    recorded: `with v as ${fires.sql}
      select v.place from v ${probe('job_open', `${SAME} and ${EXACT} and e.scheduled_for = v.scheduled_for`)}
      union all
      select v.place from v ${probe('job_history', `${SAME} and e.child = 0 and e.scheduled_for = v.scheduled_for`)}`,
    dependencies: `with v as ${instants.sql}
      select ${seen(OPEN.status ?? '')} from v ${probe(
        'job_open',
        `e.job = v.job and e.tenant = '' and ${EXACT}
        and e.scheduled_for = v.scheduled_for`,
      )} where ${ofLoop}
      union all
      select ${seen(OPEN.status ?? '')} from v ${probe(
        'job_open',
        `e.job = v.job and e.tenant = '' and e.phase = 3
        and e.scheduled_for < v.scheduled_for and e.skipped_until >= v.scheduled_for`,
      )} where ${ofLoop}
      union all
      select ${seen('e.status')} from v ${probe(
        'job_history',
        `e.job = v.job and e.child = 0
        and e.scheduled_for = v.scheduled_for`,
      )} where ${ofLoop}
      union all
      select ${seen('e.status')} from v ${probe(
        'job_history',
        `e.job = v.job and e.status = 'SKIPPED'
        and e.status <> 'SUCCESS' and e.scheduled_for < v.scheduled_for and e.skipped_until >= v.scheduled_for`,
      )}
        where ${ofLoop}`,
    tenants: `with v as (select f.execution_id from ${tenants.sql} t join job_fire f on f.scheduled_for = t.scheduled_for
        and f.job = t.job and f.tenant = t.tenant)
      select ${seen(OPEN.status ?? '')} from v ${probe('job_open', 'e.id = v.execution_id')}
      union all
      select ${seen('e.status')} from v ${probe('job_history', 'e.id = v.execution_id')}`,
  }
  const add = inserter(dialect, 'job_fire', typed(FIRE))
  const places = (wanted: readonly (readonly [number, FireKey])[]): SqlValue[] =>
    fires.of(
      wanted.map(([place, { scheduledFor, job, tenant, scheduleKey }]) => [
        place,
        scheduledFor,
        job,
        tenant,
        scheduleKey,
      ]),
    )
  return {
    *newestClaimed() {
      const [row] = yield { sql: sql.newest, parameters: [] }
      return row === undefined ? null : numberOrNull(row, 'at')
    },
    *claimedAmong(wanted) {
      const rows = yield { sql: sql.claimed, parameters: places(wanted) }
      return rows.map((row) => number(row, 'place'))
    },
    *recordedAmong(wanted) {
      const rows = yield { sql: sql.recorded, parameters: places(wanted) }
      return rows.map((row) => number(row, 'place'))
    },
    *claimFires(claimed) {
      yield* add(
        claimed.map(({ scheduledFor, job, tenant, scheduleKey, executionId }) => [
          scheduledFor,
          job,
          tenant,
          scheduleKey,
          executionId,
        ]),
      )
    },
    *dependencies(wanted) {
      const rows = yield {
        sql: sql.dependencies,
        parameters: instants.of(wanted.map(({ job, scheduledFor }) => [job, scheduledFor])),
      }
      return rows.map(dependencyOf)
    },
    *tenantDependencies(wanted) {
      const rows = yield {
        sql: sql.tenants,
        parameters: tenants.of(wanted.map(({ job, scheduledFor, tenant }) => [job, scheduledFor, tenant])),
      }
      return rows.map(dependencyOf)
    },
  }
}

function dependencyOf(row: Row): Dependency {
  const scheduledFor = number(row, 'scheduled_for')
  return {
    ...pairOf(row),
    status: oneOf(row, 'status', isStatus),
    scheduledFor,
    until: numberOrNull(row, 'skipped_until') ?? scheduledFor,
  }
}
