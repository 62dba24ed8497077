import type { Job, JobSchedule } from '../manifest/types.ts'
import { parseSchedule, type Schedule } from '../schedule/index.ts'
import type { ScheduleRegistration, ScheduleState } from '../store/store.ts'

/** One schedule of one job, with the instant up to which its fires have been dealt with. */
export interface ScheduleCursor {
  readonly job: Job
  readonly definition: JobSchedule
  readonly schedule: Schedule
  watermark: number
}

/** The schedules that make fires as time goes by: not `@reboot`, and none that can't be read. */
export function timedSchedules(jobs: readonly Job[]): { job: Job; definition: JobSchedule; schedule: Schedule }[] {
  return readable(jobs).filter(({ schedule }) => schedule.kind !== 'reboot')
}

/** The schedules that fire once when a scheduler starts to watch. */
export function rebootSchedules(jobs: readonly Job[]): { job: Job; definition: JobSchedule }[] {
  return readable(jobs).filter(({ schedule }) => schedule.kind === 'reboot')
}

function readable(jobs: readonly Job[]) {
  return jobs.flatMap((job) =>
    job.schedules
      .filter(({ problem }) => problem === null)
      .map((definition) => ({
        job,
        definition,
        schedule: parseSchedule(definition.expression, { timezone: definition.timezone }),
      })),
  )
}

/**
 * How a schedule is made known to the store. A new one starts at now; a rate at once, from now on; an `at()` long
 * ago, so that one that has passed already is treated as missed.
 */
export function registration(
  { job, definition, schedule }: Omit<ScheduleCursor, 'watermark'>,
  now: number,
): ScheduleRegistration {
  const isRate = schedule.kind === 'rate'
  return {
    key: definition.key,
    job: job.name,
    expression: definition.text,
    timezone: definition.timezone,
    args: definition.args,
    origin: definition.origin,
    watermark: schedule.kind === 'at' ? 0 : isRate ? now - 1 : now,
    anchor: isRate ? now : null,
  }
}

/** The line of a schedule from where the store says that it stands. */
export function openCursor(
  { job, definition, schedule }: Omit<ScheduleCursor, 'watermark'>,
  state: ScheduleState,
): ScheduleCursor {
  if (state.anchor === null) return { job, definition, schedule, watermark: state.watermark }
  const anchored = parseSchedule(definition.expression, {
    timezone: definition.timezone,
    anchor: new Date(state.anchor),
  })
  return { job, definition, schedule: anchored, watermark: state.watermark }
}

/** The key of the job's schedule that fires at exactly this instant (ms); undefined where none does. */
export function scheduleFiringAt(job: Job, instant: number): string | undefined {
  const found = timedSchedules([job]).find(
    ({ schedule }) => schedule.next(new Date(instant - 1))?.getTime() === instant,
  )
  return found?.definition.key
}
