import type { Tables } from '../driver.ts'
import type { QueuePosition } from '../queue-position.ts'
import { type Dialect, locking, valueSet } from './dialect.ts'
import { READ } from './read-executions.ts'
import { number, numberOrNull, pairOf, text } from './rows.ts'

/** The queue, read page by page. */
export function queueTables(dialect: Dialect): Pick<Tables, 'prepareDequeue' | 'queuePage' | 'nextAvailableAt'> {
  const { open, executionOf } = READ[dialect]
  const texts = valueSet(dialect, 'text')
  const sql = {
    // Hops from one name to the next in the index, however many rows each has.
    queues: `with recursive hop(queue) as (
        select min(queue) from job_open where phase = 0 and waits = 0
        union all
        select (select min(e.queue) from job_open e where e.queue > hop.queue and e.phase = 0 and e.waits = 0)
          from hop where hop.queue is not null)
      select queue from hop where queue is not null`,
    letForward: `update job_open set waits = 0 where id in (select id from job_open
      where phase = 0 and waits = 2 and available_at <= ? order by available_at limit ?${locking(dialect, 'skip')})`,
    someDue: 'select available_at from job_open where phase = 0 and waits = 2 order by available_at limit 1',
    ready: 'select available_at from job_open where phase = 0 and waits = 0 limit 1',
    followed: 'select available_at from job_open where phase = 2 and followed = 1 limit 1',
    deadHeads: `select job, tenant from job_open where phase = 2 and followed = 1 and heartbeat_at < ? limit ?`,
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
      const [first] = yield { sql: sql.someDue, parameters: [] }
      if (first !== undefined && number(first, 'available_at') <= now) {
        yield { sql: sql.letForward, parameters: [now, limit * 4], isBlind: true }
      }
      const dead = yield { sql: sql.deadHeads, parameters: [staleBefore, limit] }
      return dead.map(pairOf)
    },
    *queuePage({ queues: asked, jobs, now, after, limit }) {
      const queues = asked ?? (yield { sql: sql.queues, parameters: [] }).map((row) => text(row, 'queue'))
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

/** Before the first one of all. */
const START: QueuePosition = {
  rank: -Number.MAX_VALUE,
  scheduledFor: Number.MIN_SAFE_INTEGER,
  id: '00000000-0000-0000-0000-000000000000',
}
