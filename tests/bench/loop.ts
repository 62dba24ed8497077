import type { JobContext } from '../../runtime/job/job-context.ts'
import { openLog } from '../../runtime/logging/logger.ts'
import { DEFAULT_SETTINGS, type Job } from '../../runtime/manifest/index.ts'
import { SchedulerLoop } from '../../runtime/scheduler/loop.ts'
import type { Store } from '../../runtime/store/store.ts'
import { type Clock, systemClock } from '../../runtime/support/clock.ts'

export interface BenchLoopOptions {
  readonly jobs: readonly Job[]
  readonly store: Store
  /** Default: the machine's. */
  readonly clock?: Clock
  readonly concurrency: number
  readonly run: (context: JobContext) => unknown
  /** False where other processes have other schedules. Default: true. */
  readonly hasAllJobs?: boolean
}

/** A whole scheduler in this process: its loop, engine, store and records; only the modules are functions. */
export function benchLoop({
  jobs,
  store,
  clock = systemClock,
  concurrency,
  run,
  hasAllJobs = true,
}: BenchLoopOptions): SchedulerLoop {
  return new SchedulerLoop({
    jobs,
    settings: { ...DEFAULT_SETTINGS, concurrency },
    firesReboots: false,
    hasAllJobs,
    services: {
      store,
      clock,
      env: {},
      staleAfter: DEFAULT_SETTINGS.staleAfter,
      log: openLog({ level: 'warn' }),
      modules: {
        load: async () => ({
          file: 'bench',
          preCheck: undefined,
          run,
          schedules: () => [],
          multiTenant: undefined,
          filter: undefined,
        }),
      },
    },
  })
}
