import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PostgresServer } from '../support/postgres.ts'
import { against, printTable, quantile } from './measure.ts'
import { IS_QUICK } from './quick.ts'
import { type FromWorker, GROUP, type ToWorker } from './rate-worker.ts'
import { serverCpu } from './server-cpu.ts'

const KINDS = {
  queue: 'webstir-jobs, from the queue',
  direct: 'webstir-jobs, started directly',
  'pg-boss': 'pg-boss 12.38.0',
  graphile: 'graphile-worker 0.17.3',
} as const
type Kind = keyof typeof KINDS

const numbers = (text: string | undefined, otherwise: readonly number[]): readonly number[] =>
  text === undefined ? otherwise : text.split(',').map(Number)

const JOBS = Number(process.env.BENCH_JOBS ?? (IS_QUICK ? 4_000 : 12_000))
const RUNS = Number(process.env.BENCH_RUNS ?? (IS_QUICK ? 1 : 5))
const PROCESSES = numbers(process.env.BENCH_PROCESSES, [1, 2, 4])
/** Jobs of each process before it is measured: until then, V8 compiles. */
const WARM_UP = 8 * GROUP
const ASKED = process.env.BENCH_KINDS?.split(',') ?? Object.keys(KINDS)

/**
 * No-op jobs a second on PostgreSQL, from their insertion to the recorded outcome, with several worker processes that
 * share the work. All that are compared take turns, each time with a new database and new processes.
 */
export async function throughput(server: PostgresServer): Promise<void> {
  const kinds = (Object.keys(KINDS) as Kind[]).filter((kind) => ASKED.includes(kind))
  const measured = new Map<string, Rate[]>()
  const cpu = await serverCpu(server.url)
  for (let run = 0; run < RUNS; run++) {
    for (const processes of PROCESSES) {
      for (const kind of kinds) {
        const key = `${kind} ${processes}`
        const rate = await rateOf(kind, processes, await server.database(), cpu)
        measured.set(key, [...(measured.get(key) ?? []), rate])
      }
    }
  }
  const middle = (kind: Kind, processes: number, of: keyof Rate): number =>
    quantile(
      (measured.get(`${kind} ${processes}`) ?? []).map((rate) => rate[of]),
      0.5,
    )
  console.log(
    `no-op jobs a second, from their insertion to the recorded outcome, in groups of ${GROUP}; medians of ${RUNS} runs of ${JOBS.toLocaleString('en')}, taking turns`,
  )
  const rows = PROCESSES.flatMap((processes) =>
    kinds.map((kind) => {
      const rate = middle(kind, processes, 'perSecond')
      const times = rate / middle('pg-boss', processes, 'perSecond')
      const isOurs = kind === 'queue' || kind === 'direct'
      return [
        `${processes} process${processes === 1 ? '' : 'es'}: ${KINDS[kind]}`,
        Math.round(rate).toLocaleString('en'),
        middle(kind, processes, 'clientCpu').toFixed(0),
        middle(kind, processes, 'serverCpu').toFixed(0),
        ...(isOurs ? against(times, { atLeast: 1 }) : [times.toFixed(2), '', '']),
      ]
    }),
  )
  printTable(['', 'jobs/s', 'its CPU, µs a job', 'server CPU, µs a job', 'times pg-boss', 'target', 'met'], rows)
}

interface Rate {
  readonly perSecond: number
  /** CPU time of the worker processes for each job, in µs. */
  readonly clientCpu: number
  readonly serverCpu: number
}

async function rateOf(kind: Kind, processes: number, url: string, cpu: () => number): Promise<Rate> {
  const workers: ChildProcess[] = []
  let done = 0
  let clientCpu = 0
  let target = Number.POSITIVE_INFINITY
  let reached = (): void => {}
  // One after the other, so that only the first makes the tables.
  for (let place = 0; place < processes; place++) {
    const file = fileURLToPath(new URL('rate-process.mjs', import.meta.url))
    const flags = process.env.BENCH_FLAGS?.split(' ') ?? []
    const worker = fork(file, [kind, url, String(place)], { execArgv: flags })
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if ('ready' in message) return resolve()
        done += message.done
        clientCpu += message.cpu
        if (done >= target) reached()
      })
      worker.once('exit', (code) => reject(new Error(`a worker of ${kind} ended with ${code}`)))
    })
    workers.push(worker)
  }
  const say = (worker: ChildProcess, message: ToWorker): boolean => worker.send(message)
  const work = async (jobs: number): Promise<number> => {
    done = 0
    clientCpu = 0
    target = jobs
    const all = new Promise<void>((resolve) => {
      reached = resolve
    })
    const begin = performance.now()
    for (const worker of workers) say(worker, { add: jobs / processes })
    await all
    return performance.now() - begin
  }
  // Warms up.
  await work(WARM_UP * processes)
  const each = Math.ceil(JOBS / processes / GROUP) * GROUP
  const jobs = each * processes
  const before = cpu()
  const took = await work(jobs)
  const rate = { perSecond: jobs / (took / 1000), clientCpu: clientCpu / jobs, serverCpu: (cpu() - before) / jobs }
  for (const worker of workers) {
    const ended = once(worker, 'exit')
    say(worker, { close: true })
    await ended
  }
  return rate
}
