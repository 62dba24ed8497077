import { narrowRate, rawRate } from './durable-baseline.ts'
import { against, medians, printTable, quantile } from './measure.ts'
import { IS_QUICK } from './quick.ts'
import { schedulerRate } from './scheduler-rate.ts'
import { isAvailable, SQLITE_DRIVERS } from './sqlite-drivers.ts'

const JOBS = Number(process.env.BENCH_JOBS ?? (IS_QUICK ? 4_000 : 10_000))
const RUNS = Number(process.env.BENCH_RUNS ?? (IS_QUICK ? 1 : 7))

/** No-op jobs from claim to recorded outcome on SQLite, with each driver that this Node has, beside the driver itself. */
export async function sqliteBench(): Promise<void> {
  const drivers = SQLITE_DRIVERS.filter(isAvailable)
  const measured = drivers.flatMap((driver) => [
    { name: `${driver} raw: an insert, two updates of the same row`, rate: () => rawRate(JOBS, driver) },
    { name: `webstir-jobs, ${driver}`, rate: () => schedulerRate(JOBS, driver) },
    { name: `${driver} raw, a row of seven columns`, rate: () => narrowRate(JOBS, driver) },
  ])
  const rates = measured.map((): number[] => [])
  await medians(
    measured.map(({ name, rate }, place) => ({
      name,
      work: async (run) => {
        const reached = await rate()
        if (run > 0) rates[place]?.push(reached)
      },
    })),
    RUNS,
  )
  const middle = (place: number): number => quantile(rates[place] ?? [], 0.5)
  console.log(`no-op jobs a second on SQLite, from claim to recorded outcome; medians of ${RUNS} runs, taking turns`)
  printTable(
    ['', 'jobs/s', 'times raw', 'target', 'met'],
    measured.map(({ name }, place) => {
      const times = middle(place) / middle(place - (place % 3))
      return [
        name,
        Math.round(middle(place)).toLocaleString('en'),
        ...(place % 3 === 1 ? against(times, { atLeast: 0.75 }) : [times.toFixed(2), '', '']),
      ]
    }),
  )
  for (const driver of SQLITE_DRIVERS) {
    if (!isAvailable(driver)) console.log(`not measured: ${driver}, which Node ${process.versions.node} doesn't have`)
  }
}
