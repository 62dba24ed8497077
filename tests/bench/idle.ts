import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openStore } from '../../runtime/store/open.ts'
import { jobWith } from '../support/job.ts'
import { startPostgres } from '../support/postgres.ts'
import { benchLoop } from './loop.ts'
import { against, printTable, quantile } from './measure.ts'
import { IS_QUICK } from './quick.ts'

const SECONDS = Number(process.env.BENCH_SECONDS ?? (IS_QUICK ? 10 : 30))
/** After this the node has registered, begun to listen and looked at the queue for the first time. */
const SETTLING = 5000
/** Jobs that are due each second, and jobs that are enqueued one by one. */
const JOBS = 5
const ENQUEUED = IS_QUICK ? 20 : 100

/** What an idle node asks PostgreSQL, and how soon work starts there. */
export async function idleBench(): Promise<void> {
  // Statements are counted by the server: pg_stat_statements knows who sent what.
  const server = await startPostgres({ flags: ['-c', 'shared_preload_libraries=pg_stat_statements'] })
  try {
    const idle = await statementsPerSecond(await server.database())
    const fires = await fireToStart(await server.database())
    const enqueued = await enqueueToStart(await server.database())
    printTable(
      ['on an idle PostgreSQL', 'value', 'target', 'met'],
      [
        ['statements a second of an idle node', ...against(idle, { atMost: 1 })],
        ...delays(`from a fire's instant to its start, ${JOBS} a second`, fires),
        ...delays('from enqueueing in one process to the start in another', enqueued),
      ],
    )
  } finally {
    await server.remove()
  }
}

const delays = (what: string, late: readonly number[]): string[][] => [
  [`${what}: runs`, String(late.length), '', ''],
  ['  median', `${quantile(late, 0.5).toFixed(1)} ms`, '', ''],
  ['  99th percentile', `${quantile(late, 0.99).toFixed(1)} ms`, '', ''],
]

async function statementsPerSecond(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create extension pg_stat_statements')
  const statements = async (): Promise<number> => {
    const { rows } = await client.query<{ calls: string }>(
      `select coalesce(sum(calls), 0) as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid
        where d.datname = current_database() and s.query not like '%pg_stat_statements%'`,
    )
    return Number(rows[0]?.calls)
  }
  const store = await openStore(url)
  const loop = benchLoop({ jobs: [jobWith('far', ['0 0 1 1 *'])], store, concurrency: 10, run: () => {} })
  void loop.start()
  await sleep(SETTLING)
  const before = await statements()
  await sleep(SECONDS * 1000)
  const sent = (await statements()) - before
  await loop.stop(0)
  await store.close()
  await client.end()
  return sent / SECONDS
}

async function fireToStart(url: string): Promise<number[]> {
  const store = await openStore(url)
  const late: number[] = []
  const loop = benchLoop({
    jobs: Array.from({ length: JOBS }, (_, index) => jobWith(`job-${index}`, ['* * * * * *'])),
    store,
    concurrency: 10,
    run: ({ scheduledFor }) => late.push(Date.now() - scheduledFor.getTime()),
  })
  void loop.start()
  await sleep(SETTLING)
  late.length = 0
  await sleep(SECONDS * 1000)
  await loop.stop(1000)
  await store.close()
  return late
}

async function enqueueToStart(url: string): Promise<number[]> {
  const store = await openStore(url)
  const other = await openStore(url)
  const late: number[] = []
  let sentAt = 0
  const loop = benchLoop({
    jobs: [jobWith('nothing'), jobWith('far', ['0 0 1 1 *'])],
    store,
    concurrency: 10,
    run: () => late.push(performance.now() - sentAt),
  })
  void loop.start()
  await sleep(SETTLING)
  for (let sent = 1; sent <= ENQUEUED; sent++) {
    const now = Date.now()
    sentAt = performance.now()
    await other.enqueue([
      {
        ...{ now, job: 'nothing', tenant: '', args: [], availableAt: now, priority: 0, maxAttempts: 1 },
        ...{ recoverLimit: 3, lock: 'bypass', skipsIfBusy: false, staleBefore: now - 30_000 },
      },
    ])
    while (late.length < sent) await sleep(5)
  }
  await loop.stop(1000)
  await other.close()
  await store.close()
  return late
}
