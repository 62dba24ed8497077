/** The door of the folder: reading schedules, and what they fire at. */
export { type FieldName, ScheduleError, type ScheduleErrorCode } from './error.ts'
export { parseSchedule, type ScheduleOptions } from './parse.ts'
export { HORIZON, type Schedule, type ScheduleKind } from './schedule.ts'
export { isTimezone, suggestTimezone } from './zone.ts'
