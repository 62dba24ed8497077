/*
 * The queue in PostgreSQL: what it takes to dequeue 100 executions and to record their outcomes, however many are queued
 * and however long the history is, with the statistics of a time when nothing was queued and with fresh ones.
 * `npm run bench -- queue`; BENCH_HISTORY and BENCH_QUEUED shorten it (comma-separated).
 */
import pg from 'pg'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { startPostgres } from '../support/postgres.ts'
import { printTable } from './measure.ts'

const numbers = (text: string | undefined, otherwise: readonly number[]): readonly number[] =>
  text === undefined ? otherwise : text.split(',').map(Number)

const HISTORY = numbers(process.env.BENCH_HISTORY, [0, 200_000, 1_000_000])
const QUEUED = numbers(process.env.BENCH_QUEUED, [1_000, 20_000, 100_000])
const GROUP = 100
const ROUNDS = 7
/** What taking and completing a group may take, in ms. */
const BOUND = 25
const NOW = Date.UTC(2026, 0, 1)
const REQUEST = { node: 'bench', now: NOW, limit: GROUP, staleBefore: NOW - 30_000 }

/** How what is queued is spread over jobs. */
const KINDS = {
  'one job': { job: `'job-0'`, lock: 'bypass', waits: '0', followed: '0' },
  '100 jobs': { job: `'job-' || n % 100`, lock: 'bypass', waits: '0', followed: '0' },
  '100 lines': {
    job: `'job-' || n % 100`,
    lock: 'exclusive',
    waits: 'case when n < 100 then 0 else 1 end',
    followed: 'case when n < 100 then 1 else 0 end',
  },
} as const

export async function bench(): Promise<void> {
  // Statistics are only what ANALYZE makes of them.
  const server = await startPostgres({ flags: ['-c', 'autovacuum=off'] })
  const rows: string[][] = []
  try {
    for (const history of HISTORY) {
      const url = await server.database()
      const store = await openStore(url)
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => {})
      await client.connect()
      await client.query(historySql(history))
      for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
        for (const queued of QUEUED) {
          await client.query('truncate job_open; analyze')
          // Plans that were made while nothing was queued are kept by the connection.
          for (let round = 0; round < 12; round++) await store.dequeue(REQUEST)
          await client.query(queueSql(kind, queued + 2 * ROUNDS * GROUP, rows.length * 1_000_000))
          const stale = await measure(store)
          await client.query('analyze')
          const fresh = await measure(store)
          const worst = Math.max(stale.median, fresh.median)
          const [empty, now] = [stale, fresh].map(({ median, least }) => `${median.toFixed(1)} (${least.toFixed(1)})`)
          const cells = [history, queued].map((n) => n.toLocaleString('en'))
          rows.push([...cells, kind, empty ?? '', now ?? '', `<= ${BOUND}`, worst <= BOUND ? 'yes' : 'NO'])
        }
      }
      await client.end()
      await store.close()
    }
  } finally {
    await server.remove()
  }
  console.log(`dequeue and complete ${GROUP}, median of ${ROUNDS} (and the least), in ms`)
  printTable(['history', 'queued', 'as', 'statistics of an empty queue', 'fresh', 'target', 'met'], rows)
}

async function measure(store: Store): Promise<{ least: number; median: number }> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now()
    const { taken } = await store.dequeue(REQUEST)
    if (taken.length !== GROUP) throw new Error(`took ${taken.length} instead of ${GROUP}`)
    const ends = taken.map(({ id, owner, attempt }) =>
      store.complete({ id, owner, attempt, at: NOW, outcome: { kind: 'success' } }),
    )
    if (!(await Promise.all(ends)).every(Boolean)) throw new Error('an outcome was not accepted')
    times.push(performance.now() - begin)
  }
  times.sort((a, b) => a - b)
  return { least: times[0] ?? Number.NaN, median: times[ROUNDS >> 1] ?? Number.NaN }
}

const id = (n: string): string => `('00000000-0000-7000-8000-' || lpad(to_hex((${n})::bigint), 12, '0'))::uuid`
const COMMON = `id, job, schedule_key, scheduled_for, tenant, "trigger", lock_kind, attempt, max_attempts, recover_limit,
  args, after_jobs, owner, queued_at, available_at`

function historySql(rows: number): string {
  return `insert into job_history (${COMMON}, started_at, finished_at, duration_ms, status, priority)
    select ${id(`n + 1000000000000`)}, 'job-' || n % 100, 'key', ${NOW} - 2592000000 + n * 2, '', 'schedule', 'exclusive', 1, 1,
      3, '[]', '[]', 'node', 0, 0, 0, ${NOW} - 2592000000 + n * 2, 5, 'SUCCESS', 0
    from generate_series(0, ${rows - 1}) n`
}

function queueSql(kind: keyof typeof KINDS, rows: number, firstId: number): string {
  const { job, lock, waits, followed } = KINDS[kind]
  return `insert into job_line select 'job-' || n, '' from generate_series(0, 99) n on conflict do nothing;
    insert into job_open (${COMMON}, phase, rank, waits, followed)
    select ${id(`n + ${firstId}`)}, ${job}, 'key', ${NOW} - 1000000 + n, '', 'schedule', '${lock}', 0, 1, 3, '[]', '[]', '',
      ${NOW} - 1000000, ${NOW} - 1000000 + n, 0, 0, ${waits}, ${followed}
    from generate_series(0, ${rows - 1}) n`
}
