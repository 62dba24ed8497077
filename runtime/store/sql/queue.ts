import type { Drain, Tables } from '../driver.ts'
import type { LockKey } from '../locks.ts'
import type { QueuePosition } from '../queue-position.ts'
import type { Row, Script } from '../transaction-script.ts'
import { type Dialect, locking, valueSet } from './dialect.ts'
import { READ } from './read-executions.ts'
import { numberOrNull, textOrNull } from './rows.ts'

/** The queue, read page by page. */
export function queueTables(dialect: Dialect): Pick<Tables, 'prepareDequeue' | 'queuePage' | 'nextAvailableAt'> {
  const { open, executionOf } = READ[dialect]
  const texts = valueSet(dialect, 'text')
  const array = (columns: string): string =>
    dialect === 'sqlite' ? `json_group_array(json_array(${columns}))` : `json_agg(json_build_array(${columns}))::text`
  const someDue = 'select available_at from job_open where phase = 0 and waits = 2 order by available_at limit 1'
  // Hops from one name to the next in the index, however many rows each has.
  const queues = `with recursive hop(queue) as (
      select min(queue) from job_open where phase = 0 and waits = 0
      union all
      select (select min(e.queue) from job_open e where e.queue > hop.queue and e.phase = 0 and e.waits = 0)
        from hop where hop.queue is not null)
    select queue from hop where queue is not null`
  const sql = {
    // All that one glance tells.
    glance: `select (${someDue}) as due,
      (select ${array('q.queue')} from (${queues}) q) as queues,
      (select ${array('d.job, d.tenant')} from (select job, tenant from job_open
        where phase = 2 and followed = 1 and heartbeat_at < ? limit ?) d) as dead,
      (select ${array('p.scope, p.job')} from job_pause p
        where p.paused = 1 and p.drain = 1 and (p.until is null or p.until > ?)) as drains`,
    letForward: `update job_open set waits = 0 where id in (select id from job_open
      where phase = 0 and waits = 2 and available_at <= ? order by available_at, rank limit ?${locking(dialect, 'skip')})`,
    someDue,
    ready: 'select available_at from job_open where phase = 0 and waits = 0 limit 1',
    followed: 'select available_at from job_open where phase = 2 and followed = 1 limit 1',
  }
  const page = (queues: readonly string[], hasJobs: boolean): string => {
    const branch = `select * from (select e.rank as rank_, e.scheduled_for as at_, e.id as id_, ${open} from job_open e
      where e.queue = ? and e.phase = 0 and e.waits = 0 and (e.rank, e.scheduled_for, e.id) > (?, ?, ?)
        and e.available_at <= ?${hasJobs ? ` and e.job ${texts.isAmong}` : ''}
      order by e.rank, e.scheduled_for, e.id limit ?${locking(dialect, 'skip')}) part`
    return `${queues.map(() => branch).join(' union all ')} order by rank_, at_, id_ limit ?`
  }
  return {
    *prepareDequeue(now, staleBefore, limit) {
      const glance = function* (): Script<Glance> {
        const [row] = yield { sql: sql.glance, parameters: [staleBefore, limit, now] }
        return row === undefined ? { due: null, queues: [], dead: [], drains: [] } : glanceOf(row)
      }
      const first = yield* glance()
      if (first.due === null || first.due > now) return first
      yield { sql: sql.letForward, parameters: [now, limit * AT_ONCE], isBlind: true }
      return yield* glance()
    },
    *queuePage({ queues, jobs, now, after, limit }) {
      if (queues.length === 0) return []
      const { rank, scheduledFor, id } = after ?? START
      const known = jobs === undefined ? [] : [texts.of(jobs)]
      const parameters = queues.flatMap((queue) => [queue, rank, scheduledFor, id, now, ...known, limit])
      const rows = yield { sql: page(queues, jobs !== undefined), parameters: [...parameters, limit] }
      return rows.map(executionOf)
    },
    *nextAvailableAt() {
      const [ready] = yield { sql: sql.ready, parameters: [] }
      const [due] = yield { sql: sql.someDue, parameters: [] }
      const [followed] = ready === undefined ? yield { sql: sql.followed, parameters: [] } : []
      const times = [ready, due, followed].flatMap((row) =>
        row === undefined ? [] : (numberOrNull(row, 'available_at') ?? []),
      )
      return times.length === 0 ? null : Math.min(...times)
    },
  }
}

/** For each that is asked for, so many are let forward whose time has come. */
const AT_ONCE = 4

interface Glance {
  /** When the earliest comes due of those whose time had not come. */
  readonly due: number | null
  readonly queues: readonly string[]
  readonly dead: readonly LockKey[]
  readonly drains: readonly Drain[]
}

function glanceOf(row: Row): Glance {
  const names: [string][] = JSON.parse(textOrNull(row, 'queues') ?? '[]')
  const drains: [Drain['scope'], string][] = JSON.parse(textOrNull(row, 'drains') ?? '[]')
  const lines: [string, string][] = JSON.parse(textOrNull(row, 'dead') ?? '[]')
  return {
    due: numberOrNull(row, 'due'),
    queues: names.map(([queue]) => queue),
    dead: lines.map(([job, tenant]) => ({ job, tenant })),
    drains: drains.map(([scope, job]) => ({ scope, job })),
  }
}

/** Before the first one of all. */
const START: QueuePosition = {
  rank: -Number.MAX_VALUE,
  scheduledFor: Number.MIN_SAFE_INTEGER,
  id: '00000000-0000-0000-0000-000000000000',
}
