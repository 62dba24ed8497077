import type { AwaitedFire } from './execution.ts'
import type { ScheduleRegistration } from './store.ts'
import type { Script } from './transaction-script.ts'

/** A row of `job_schedule`. */
export interface StoredSchedule {
  readonly key: string
  readonly job: string
  readonly expression: string
  readonly timezone: string
  readonly watermark: number
  readonly anchor: number | null
  readonly nominal: LastNominal | null
  readonly retired: boolean
}

/** The last fire of a schedule that was dealt with: for which local time, and when. Both in ms. */
export interface LastNominal {
  readonly local: number
  readonly firedAt: number
}

/** A fire of a job for the local time for which this schedule fires. */
export interface WantedFire {
  readonly scheduleKey: string
  readonly job: string
  readonly local: number
}

/** The table of schedules, as the rules need it. */
export interface ScheduleTables {
  /** Those of these keys that are known, locked until the transaction ends; all for `null`. */
  schedules(keys: readonly string[] | null): Script<StoredSchedule[]>
  /** Watermarks of those of these keys that are known, locked until the transaction ends. */
  watermarks(keys: readonly string[]): Script<ReadonlyMap<string, number>>
  /** Never moves a watermark back. */
  moveWatermarks(watermarks: readonly { key: string; to: number }[]): Script<void>
  /** Of those of these keys, which are locked, that dealt with a fire that has a nominal time. */
  nominalTimes(keys: readonly string[]): Script<ReadonlyMap<string, LastNominal>>
  setNominalTimes(times: ReadonlyMap<string, LastNominal>): Script<void>
  /** When schedules of the jobs wanted, in the zone of the schedule given, last fired, where that was for the same local time. */
  firesFor(wanted: readonly WantedFire[]): Script<(WantedFire & AwaitedFire)[]>
  /** New ones, or retired ones that start afresh. */
  putSchedules(
    schedules: readonly (ScheduleRegistration & { readonly nominal?: LastNominal | null })[],
    now: number,
  ): Script<void>
  retireSchedules(keys: readonly string[], now: number): Script<void>
}
