/*
 * How long the commands take that people and containers start often, beside `node` running an empty file.
 * `npm run bench -- startup`.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { against, type Candidate, medians, printTable, runNode } from './measure.ts'
import { type BenchWorkspace, inWorkspace, WEBSTIR } from './workspace.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 15)
const JOBS = 1000
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney', 'America/Sao_Paulo', 'UTC']
const TIMES = ['* * * * *', '*/5 * * * *', '0 0 * * *', '30 2 * * MON-FRI', '15 6 1 * *', 'rate(5 minutes)']

const entry = (index: number, zones: readonly string[]) => ({
  schedule: TIMES[index % TIMES.length] ?? '* * * * *',
  ...(zones.length === 0 ? {} : { timezone: zones[index % zones.length] ?? 'UTC' }),
})

export async function bench(): Promise<void> {
  await inWorkspace({ jobs: JOBS, entry: (index) => entry(index, []) }, (utc) =>
    inWorkspace({ jobs: JOBS, entry: (index) => entry(index, ZONES) }, (zones) =>
      inWorkspace({ jobs: 1, entry: () => ({}) }, (one) =>
        // Not the one that is run: with a job added since, its build no longer stands for its package.json.
        inWorkspace({ jobs: 1, entry: () => ({}) }, (growing) => compare({ utc, zones, one, growing })),
      ),
    ),
  )
}

type Workspaces = Readonly<Record<'utc' | 'zones' | 'one' | 'growing', BenchWorkspace>>

async function compare({ utc, zones, one, growing }: Workspaces): Promise<void> {
  const empty = join(one.root, 'empty.mjs')
  writeFileSync(empty, '')
  const runJob = [one.scheduler, '--job', 'job-0']
  const node = (name: string, args: readonly string[], env = {}): Candidate => ({
    name,
    work: () => runNode(args, env),
  })
  const rows: { candidate: Candidate; atMost: number }[] = [
    { candidate: node(`scheduler.js --list, ${JOBS} jobs, UTC`, [utc.scheduler, '--list']), atMost: 1.3 },
    { candidate: node(`scheduler.js --list, ${JOBS} jobs, named zones`, [zones.scheduler, '--list']), atMost: 1.6 },
    { candidate: node('scheduler.js --job, memory:', runJob, { JOBS_STORE_URL: 'memory:' }), atMost: 1.5 },
    { candidate: node('scheduler.js --job, SQLite', runJob), atMost: 2.2 },
    { candidate: node('webstir --help', [WEBSTIR, '--help']), atMost: 1.5 },
    {
      candidate: {
        name: 'webstir add-job',
        work: (run) => runNode([WEBSTIR, 'add-job', `added-${run}`, '--workspace', growing.root]),
      },
      atMost: 1.5,
    },
  ]
  const [base = Number.NaN, ...times] = await medians(
    [node('empty', [empty]), ...rows.map(({ candidate }) => candidate)],
    RUNS,
  )
  console.log(`medians of ${RUNS} runs each, taking turns`)
  printTable(
    ['', 'ms', 'times node', 'target', 'met'],
    [
      ['node empty.mjs', base.toFixed(1), '1.00', '', ''],
      ...rows.map(({ candidate, atMost }, index) => {
        const time = times[index] ?? Number.NaN
        return [candidate.name, time.toFixed(1), ...against(time / base, { atMost })]
      }),
    ],
  )
}
