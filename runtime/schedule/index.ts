/** The door of the folder: reading schedules, what they fire at, and what can be said of them. */

export { clockText, formatLocal, instantOfLocal, type LocalTime, localTimeOf } from './calendar.ts'
export { type DaylightEffect, type DaylightKind, daylightEffects, repetitionAt } from './dst-transitions.ts'
export { type FieldName, ScheduleError, type ScheduleErrorCode, type ScheduleErrorOptions } from './errors.ts'
export { explainSchedule, type FieldExplanation, type ScheduleExplanation } from './explain.ts'
export { type Advice, type AdviceCode, adviseSchedule } from './lint.ts'
export { followsZone, type NominalTime, nominalTimeOf } from './nominal-time.ts'
export { parseSchedule, type ScheduleOptions } from './parse.ts'
export type { Schedule, ScheduleKind } from './schedule.ts'
export { isTimezone, suggestTimezone } from './time-zone.ts'
