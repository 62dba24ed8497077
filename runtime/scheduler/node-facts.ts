import type { Job, SchedulerSettings } from '../manifest/types.ts'
import { followsZone } from '../schedule/index.ts'
import type { NodeFacts } from '../worker/node-session.ts'
import type { LoopSchedules } from './cursor.ts'

/** What a process watches, and how. */
export interface Watched {
  readonly jobs: readonly Job[]
  readonly settings: SchedulerSettings
  /** Of the whole manifest (`manifestHash`); null for jobs that come from none. */
  readonly manifestHash?: string | null
  /** Names of jobs of which the build has no module. */
  readonly notBuilt?: ReadonlySet<string>
  /** The queues that this process serves: none where the array is empty, all where it isn't given. */
  readonly queues?: readonly string[] | undefined
}

/** What a process that watches these jobs tells the store of itself. */
export function nodeFacts(options: Watched, schedules: LoopSchedules): NodeFacts {
  const { jobs, notBuilt, manifestHash = null, queues = null, settings } = options
  const off = jobs.flatMap(({ name, disabledBy }) => (disabledBy === null ? [] : [[name, disabledBy]]))
  return {
    manifestHash,
    engine: 'local',
    queues,
    slots: settings.concurrency,
    jobs: {
      known: jobs.map(({ name }) => name),
      off: Object.fromEntries(off),
      lacks: jobs.flatMap(({ name }) => (notBuilt?.has(name) ? name : [])),
      inZones: schedules.timed.flatMap(({ schedule, definition }) => (followsZone(schedule) ? definition.key : [])),
    },
  }
}
