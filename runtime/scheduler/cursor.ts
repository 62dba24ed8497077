import { openSchedule } from '../manifest/job-schedule.ts'
import type { CronPlans, Job, JobSchedule } from '../manifest/types.ts'
import type { Schedule } from '../schedule/index.ts'
import type { ScheduleText } from '../store/job-store.ts'
import type { ScheduleRegistration, Store } from '../store/store.ts'

/** One schedule of one job, parsed. */
export interface OpenSchedule {
  readonly job: Job
  readonly definition: JobSchedule
  readonly schedule: Schedule
}

/** A schedule, with the instant up to which its fires have been dealt with. */
export interface ScheduleCursor extends OpenSchedule {
  watermark: number
}

/** The schedules of a loop's jobs, but for those that can't be read: parsed once, however often they are asked for. */
export class LoopSchedules {
  readonly #jobs: readonly Job[]
  readonly #plans: CronPlans | undefined
  #opened: readonly OpenSchedule[] | undefined
  #cursors: readonly ScheduleCursor[] | undefined

  constructor(jobs: readonly Job[], plans?: CronPlans) {
    this.#jobs = jobs
    this.#plans = plans
  }

  /** False where all schedules are `@reboot`: nothing is left to watch for when those are done. A job without one is enqueued. */
  get isEndless(): boolean {
    return this.cursors?.length !== 0 || this.#jobs.some(({ schedules }) => schedules.length === 0)
  }

  /** Those that fire once when a scheduler starts to watch. */
  get reboots(): readonly OpenSchedule[] {
    return this.#open().filter(({ schedule }) => schedule.kind === 'reboot')
  }

  /** Those that fire as time goes by. */
  get timed(): readonly OpenSchedule[] {
    return this.#open().filter(({ schedule }) => schedule.kind !== 'reboot')
  }

  /** The same with their watermarks; undefined until they were registered. */
  get cursors(): readonly ScheduleCursor[] | undefined {
    return this.#cursors
  }

  /** Makes those that fire as time goes by known to the store. */
  async register(
    store: Pick<Store, 'registerSchedules'>,
    options: { readonly now: number; readonly retireOthers: boolean },
  ): Promise<readonly ScheduleCursor[]> {
    this.#cursors = await registerCursors(this.timed, store, options)
    return this.#cursors
  }

  /** Moves the cursors to the watermarks that other schedulers have set meanwhile. */
  async refresh(store: Pick<Store, 'scheduleTexts'>): Promise<void> {
    const known = await store.scheduleTexts()
    for (const cursor of this.#cursors ?? []) {
      const { watermark } = known.get(cursor.definition.key) ?? cursor
      cursor.watermark = Math.max(cursor.watermark, watermark)
    }
  }

  #open(): readonly OpenSchedule[] {
    this.#opened ??= openSchedules(this.#jobs, this.#plans)
    return this.#opened
  }
}

function openSchedules(jobs: readonly Job[], plans?: CronPlans): OpenSchedule[] {
  return jobs.flatMap((job) =>
    job.schedules
      .filter(({ problem }) => problem === null)
      .map((definition) => ({ job, definition, schedule: openSchedule(definition, { plans }) })),
  )
}

/**
 * Makes schedules known to the store, and returns a cursor of each, at the watermark that the store has. Those that the store
 * knows and that aren't among them are retired where `retireOthers` says so. `now`: ms since the epoch.
 */
async function registerCursors(
  schedules: readonly OpenSchedule[],
  store: Pick<Store, 'registerSchedules'>,
  options: { readonly now: number; readonly retireOthers: boolean },
): Promise<ScheduleCursor[]> {
  const states = await store.registerSchedules(
    schedules.map((each) => registration(each, options.now)),
    options,
  )
  return schedules.flatMap(({ job, definition, schedule }, index) => {
    const state = states[index]
    if (state === undefined) return []
    const { anchor, watermark } = state
    return [{ job, definition, schedule: anchor === null ? schedule : openSchedule(definition, { anchor }), watermark }]
  })
}

/** A new schedule starts at now; a rate at once, from now on; an `at()` long ago, so that one that has passed is missed. */
function registration({ job, definition, schedule }: OpenSchedule, now: number): ScheduleRegistration {
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

/**
 * The key of the job's schedule that fires at exactly this instant (ms); undefined where none does. `known`: what the
 * store knows of schedules, by their keys. A rate that no scheduler has registered has not begun, so it has no fires.
 */
export function scheduleFiringAt(
  job: Job,
  instant: number,
  known: ReadonlyMap<string, Pick<ScheduleText, 'anchor' | 'retired'>>,
): string | undefined {
  const found = openSchedules([job]).find(({ schedule, definition }) => {
    if (schedule.kind !== 'rate') return firesAt(schedule, instant)
    const { anchor, retired } = known.get(definition.key) ?? { anchor: null, retired: false }
    return anchor !== null && !retired && firesAt(openSchedule(definition, { anchor }), instant)
  })
  return found?.definition.key
}

const firesAt = (schedule: Schedule, instant: number): boolean =>
  schedule.next(new Date(instant - 1))?.getTime() === instant
