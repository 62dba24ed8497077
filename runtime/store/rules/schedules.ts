import type { Tables } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { StoredSchedule } from '../schedule-tables.ts'
import type { ScheduleRegistration, ScheduleState } from '../store.ts'
import type { Script } from '../transaction-script.ts'

/** Makes schedules known: known ones keep their watermark, new and retired ones start with theirs, the others retire. */
export function* registerSchedules(
  tables: Tables,
  schedules: readonly ScheduleRegistration[],
  options: { now: number; retireOthers: boolean },
): Script<ScheduleState[]> {
  refuseClashes(schedules)
  const known = options.retireOthers
    ? yield* tables.schedules(null)
    : yield* tables.schedules(schedules.map(({ key }) => key))
  const active = new Map(known.filter(({ retired }) => !retired).map((one) => [one.key, one]))
  const fresh = schedules.filter((one) => !isKnown(active.get(one.key), one))
  if (fresh.length > 0) {
    yield* tables.putSchedules(fresh, options.now)
    // Another process may have been first with some of them: then its watermark counts.
    for (const one of yield* tables.schedules(fresh.map(({ key }) => key))) active.set(one.key, one)
  }
  if (options.retireOthers) {
    const wanted = new Set(schedules.map(({ key }) => key))
    yield* tables.retireSchedules(
      [...active.keys()].filter((key) => !wanted.has(key)),
      options.now,
    )
  }
  return schedules.map((one) => {
    const stored = active.get(one.key)
    const { key, job } = one
    return isKnown(stored, one)
      ? { key, job, watermark: stored.watermark, anchor: stored.anchor }
      : { key, job, watermark: one.watermark, anchor: one.anchor }
  })
}

function isKnown(stored: StoredSchedule | undefined, one: ScheduleRegistration): stored is StoredSchedule {
  return stored !== undefined && stored.job === one.job
}

/** A key has to be unique in the store: two jobs with the same one would share their watermark. */
function refuseClashes(schedules: readonly ScheduleRegistration[]): void {
  const jobs = new Map<string, string>()
  for (const { key, job } of schedules) {
    const other = jobs.get(key)
    if (other !== undefined) {
      throw new StoreError('STORE_KEY_CLASH', `the schedules of ${other} and ${job} have the same key ${key}`, {
        hint: 'make the key from the job’s name too, and list each schedule of a job once',
      })
    }
    jobs.set(key, job)
  }
}
