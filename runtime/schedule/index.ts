/** The door of the folder: reading schedules, what they fire at, and what can be said of them. */
export { type Advice, type AdviceCode, adviseSchedule } from './advice.ts'
export { type DaylightEffect, type DaylightKind, daylightEffects } from './daylight.ts'
export { type FieldName, ScheduleError, type ScheduleErrorCode } from './error.ts'
export { explainSchedule, type FieldExplanation, type ScheduleExplanation } from './explain.ts'
export { formatLocal, type LocalTime, localTimeOf } from './local-format.ts'
export { parseSchedule, type ScheduleOptions } from './parse.ts'
export type { Schedule, ScheduleKind } from './schedule.ts'
export { isTimezone, suggestTimezone } from './zone.ts'
