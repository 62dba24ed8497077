import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { openLog } from '../../runtime/logging/logger.ts'
import { DEFAULT_SETTINGS, type Job } from '../../runtime/manifest/index.ts'
import { parseSchedule } from '../../runtime/schedule/index.ts'
import { SchedulerLoop } from '../../runtime/scheduler/loop.ts'
import { openStore } from '../../runtime/store/open.ts'
import { TestClock } from '../../runtime/testing/test-clock.ts'
import { jobWith } from '../support/job.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const END = Date.parse('2027-01-01T00:00:00Z')
const MONTH = 30 * 86_400_000
const JOBS = 500
/** Zones with and without daylight saving, on both halves of the globe, one of them moving by half an hour. */
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Santiago']
/** Fires of a year with 500 jobs make 200,000 when most fire once a day, some more often and some less. */
const SCHEDULES = [
  (hour: number) => `0 ${hour} * * *`,
  (hour: number) => `30 ${hour},${(hour + 12) % 24} * * *`,
  (hour: number) => `0 ${hour} * * MON-FRI`,
  (hour: number) => `30 ${hour} 1,15 * *`,
  (hour: number) => `rate(${10 + (hour % 4)} hours)`,
]
/** What the heap may grow by between the second month and the last, in bytes: the history has its full size by then. */
const GROWTH = 24 * 2 ** 20

function jobsOfAYear(): Job[] {
  return Array.from({ length: JOBS }, (_, index) => {
    const make = SCHEDULES[index % SCHEDULES.length] ?? SCHEDULES[0]
    const timezone = ZONES[index % ZONES.length] ?? 'UTC'
    return jobWith(`job-${index}`, [make?.(index % 24) ?? ''], { timezone })
  })
}

/** The heap in use once everything that can go has gone, in bytes. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}

it('given 500 jobs, when a year goes by, then every fire that the schedules list has run, and memory stays flat', async () => {
  const clock = new TestClock(START)
  const store = await openStore('memory:')
  const jobs = jobsOfAYear()
  const expected = new Map(
    jobs.map((job) => {
      const [definition] = job.schedules
      const schedule = parseSchedule(definition?.expression ?? '', { timezone: job.timezone, anchor: new Date(START) })
      const from = new Date(schedule.kind === 'rate' ? START : START + 1)
      return [job.name, schedule.between(from, new Date(END))[Symbol.iterator]()]
    }),
  )
  const wrong: string[] = []
  let fires = 0
  const loop = new SchedulerLoop({
    jobs,
    settings: { ...DEFAULT_SETTINGS, concurrency: 100 },
    firesReboots: true,
    hasAllJobs: true,
    services: {
      store,
      clock,
      env: {},
      staleAfter: DEFAULT_SETTINGS.staleAfter,
      log: openLog({ level: 'silent', destination: { write: () => {} } }),
      modules: {
        load: async (job) => ({
          file: 'test',
          preCheck: undefined,
          run: ({ scheduledFor }) => {
            fires++
            const next = expected.get(job)?.next().value
            if (next?.getTime() !== scheduledFor.getTime()) {
              wrong.push(`${job} ran for ${scheduledFor.toISOString()}, due was ${next?.toISOString()}`)
            }
          },
          schedules: () => [],
          multiTenant: undefined,
          filter: undefined,
        }),
      },
    },
  })
  const begin = performance.now()
  void loop.start()
  await clock.advanceTo(START + 2 * MONTH)
  const early = heap()
  await clock.advanceTo(END - 1)
  const late = heap()
  await loop.stop(0)
  await store.close()

  const seconds = (performance.now() - begin) / 1000
  const missing = [...expected].flatMap(([job, due]) => (due.next().done ? [] : [job]))
  expect(wrong.slice(0, 20)).toEqual([])
  expect(missing).toEqual([])
  expect(fires).toBeGreaterThan(200_000)
  expect(late - early).toBeLessThan(GROWTH)
  const megabytes = ((late - early) / 2 ** 20).toFixed(1)
  console.log(
    `a year of ${JOBS} jobs: ${fires} fires in ${seconds.toFixed(1)} s, heap ${megabytes} MB after ten months`,
  )
}, 300_000)
