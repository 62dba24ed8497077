import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { jobWith } from '../support/job.ts'
import { benchLoop } from './loop.ts'
import { printTable, quantile } from './measure.ts'
import { IS_QUICK } from './quick.ts'

const SCHEDULES = 10_000
/** Seconds between two fires of a schedule: a tenth of them is due each second. */
const PERIOD = 10
const SECONDS = Number(process.env.BENCH_SECONDS ?? (IS_QUICK ? 5 : 30))
const IDLE = 100_000
const IDLE_SECONDS = Number(process.env.BENCH_SECONDS ?? (IS_QUICK ? 5 : 30))
/** When a process has been quiet for some seconds, V8 looks through its heap up to three times to make it smaller. */
const SETTLING_SECONDS = IS_QUICK ? 1 : 30

/** How late fires are, and what schedules cost that aren't due, on SQLite. */
export async function latenessBench(): Promise<void> {
  const rows = await withStore(lateness)
  const idle = await withStore(idleCost)
  printTable(['', 'value', 'target', 'met'], [...rows, ...idle])
}

/** How long after its instant an execution starts, by the store's own record of both. */
async function lateness(store: Store): Promise<string[][]> {
  const jobs = Array.from({ length: SCHEDULES }, (_, index) => {
    const second = index % PERIOD
    return jobWith(`job-${index}`, [`${second}/${PERIOD} * * * * *`])
  })
  const late: number[] = []
  const loop = benchLoop({
    jobs,
    store,
    concurrency: 500,
    run: ({ scheduledFor }) => late.push(Date.now() - scheduledFor.getTime()),
  })
  void loop.start()
  await sleep(3000)
  late.length = 0
  const cpu = ((await cpuOf(SECONDS)) / SECONDS) * 100
  const seen = [...late]
  await loop.stop(5000)
  const about = `${SCHEDULES.toLocaleString('en')} schedules, ${SCHEDULES / PERIOD} due each second for ${SECONDS} s`
  return [
    [`${about}: runs`, seen.length.toLocaleString('en'), '', ''],
    ['  lateness, median', `${quantile(seen, 0.5).toFixed(0)} ms`, '', ''],
    ['  lateness, 99th percentile', `${quantile(seen, 0.99).toFixed(0)} ms`, '', ''],
    ['  CPU', `${cpu.toFixed(1)} % of a core`, '', ''],
  ]
}

/** What schedules cost while none is due. */
async function idleCost(store: Store): Promise<string[][]> {
  collect()
  const without = process.memoryUsage().rss
  const heapWithout = process.memoryUsage().heapUsed
  const jobs = Array.from({ length: IDLE }, (_, index) => jobWith(`job-${index}`, [`${index % 60} 3 1 1 *`]))
  const loop = benchLoop({ jobs, store, concurrency: 10, run: () => {} })
  void loop.start()
  while ((await store.nodes()).length === 0) await sleep(50)
  await sleep(5000)
  collect()
  const heap = (process.memoryUsage().heapUsed - heapWithout) / IDLE
  const rss = (process.memoryUsage().rss - without) / IDLE
  const settling = await cpuOf(SETTLING_SECONDS)
  const idle = await cpuOf(IDLE_SECONDS)
  await loop.stop(0)
  const share = (idle / IDLE_SECONDS) * 100
  return [
    [
      `${IDLE.toLocaleString('en')} schedules, none due: CPU`,
      `${share.toFixed(2)} % of a core`,
      '< 1 %',
      share < 1 ? 'yes' : 'NO',
    ],
    [`  before, once, in ${SETTLING_SECONDS} s: V8 gives back what the start took`, `${settling.toFixed(2)} s`, '', ''],
    ['  heap of a schedule, its job included', `${heap.toFixed(0)} bytes`, '', ''],
    ['  resident memory of a schedule', `${rss.toFixed(0)} bytes`, '', ''],
  ]
}

/** CPU time that this process takes, in seconds, in so many seconds from now. */
async function cpuOf(seconds: number): Promise<number> {
  const before = process.cpuUsage()
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function collect(): void {
  if (typeof globalThis.gc === 'function') globalThis.gc()
}

async function withStore<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-lateness-'))
  const store = await openStore(`file:${join(folder, 'jobs.sqlite')}`)
  try {
    return await work(store)
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}
