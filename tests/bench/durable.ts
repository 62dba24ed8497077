/*
 * What durability costs: no-op jobs through the whole path, beside raw libsql and two job queues on PostgreSQL; how
 * late fires are; what schedules cost that aren't due. `npm run bench -- durable`.
 */
import { startPostgres } from '../support/postgres.ts'
import { narrowRate, rawRate } from './durable-baseline.ts'
import { bench as latenessBench } from './lateness.ts'
import { against, medians, printTable } from './measure.ts'
import { graphileRate, pgBossRate } from './peers.ts'
import { schedulerRate } from './scheduler-rate.ts'

const JOBS = Number(process.env.BENCH_JOBS ?? 10_000)
const RUNS = Number(process.env.BENCH_RUNS ?? 10)
/** Of the peers, which take longer: the same number of runs, fewer jobs in each. */
const PEER_JOBS = Math.ceil(JOBS / 5)

export async function bench(): Promise<void> {
  const server = await startPostgres()
  try {
    await rates(server)
  } finally {
    await server.remove()
  }
  await latenessBench()
}

async function rates(server: { database(): Promise<string> }): Promise<void> {
  const graphile = await server.database()
  const boss = await server.database()
  const measured: { name: string; jobs: number; rate: (jobs: number) => Promise<number>; rates: number[] }[] = [
    { name: 'raw libsql: an insert, two updates of the same row', jobs: JOBS, rate: rawRate, rates: [] },
    { name: 'webstir-jobs, SQLite', jobs: JOBS, rate: (jobs) => schedulerRate(jobs), rates: [] },
    { name: 'raw libsql, a row of seven columns', jobs: JOBS, rate: narrowRate, rates: [] },
    {
      name: 'webstir-jobs, PostgreSQL',
      jobs: PEER_JOBS,
      rate: async (jobs) => schedulerRate(jobs, await server.database()),
      rates: [],
    },
    {
      name: 'graphile-worker 0.17.3, PostgreSQL',
      jobs: PEER_JOBS,
      rate: (jobs) => graphileRate(jobs, graphile),
      rates: [],
    },
    { name: 'pg-boss 12.35.0, PostgreSQL', jobs: PEER_JOBS, rate: (jobs) => pgBossRate(jobs, boss), rates: [] },
  ]
  await medians(
    measured.map(({ name, jobs, rate, rates }) => ({
      name,
      work: async (run) => {
        const reached = await rate(jobs)
        if (run > 0) rates.push(reached)
      },
    })),
    RUNS,
  )
  const middle = (rates: readonly number[]): number => [...rates].sort((a, b) => a - b)[rates.length >> 1] ?? Number.NaN
  const [raw = Number.NaN, ours = Number.NaN] = measured.map(({ rates }) => middle(rates))
  console.log(
    `no-op jobs from claim (peers: from the queue) to recorded outcome; medians of ${RUNS} runs, taking turns`,
  )
  printTable(
    ['', 'jobs/s', 'times raw', 'target', 'met'],
    measured.map(({ name, rates }, index) => [
      name,
      Math.round(middle(rates)).toLocaleString('en'),
      ...(index === 1 ? against(ours / raw, { atLeast: 0.5 }) : [(middle(rates) / raw).toFixed(2), '', '']),
    ]),
  )
}
