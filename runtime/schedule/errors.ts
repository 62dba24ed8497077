import { JobsError } from '../support/errors.ts'

/** Stable codes of everything that can be wrong with a schedule. */
export type ScheduleErrorCode =
  | 'SCHEDULE_EMPTY'
  | 'SCHEDULE_TOO_LONG'
  | 'SCHEDULE_NOT_ASCII'
  | 'SCHEDULE_FIELD_COUNT'
  | 'SCHEDULE_FIELD_SYNTAX'
  | 'SCHEDULE_OUT_OF_RANGE'
  | 'SCHEDULE_ZERO_STEP'
  | 'SCHEDULE_REVERSED_RANGE'
  | 'SCHEDULE_UNKNOWN_NAME'
  | 'SCHEDULE_IMPOSSIBLE_DATE'
  | 'SCHEDULE_UNKNOWN_FORM'
  | 'SCHEDULE_UNKNOWN_MACRO'
  | 'SCHEDULE_UNKNOWN_TIMEZONE'
  | 'SCHEDULE_RATE'
  | 'SCHEDULE_RATE_UNIT'
  | 'SCHEDULE_AT'
  | 'SCHEDULE_INSTANT'

export interface ScheduleErrorOptions {
  readonly hint?: string | undefined
  readonly field?: FieldName | undefined
  readonly position?: number | undefined
}

/** The fields of a cron expression, as errors and explanations name them. */
export type FieldName = 'second' | 'minute' | 'hour' | 'day-of-month' | 'month' | 'day-of-week' | 'year'

/** A schedule that cannot be understood or can never fire. */
export class ScheduleError extends JobsError {
  declare readonly code: ScheduleErrorCode
  /** The field it is about, where it is about one. */
  readonly field: FieldName | undefined
  /** Where in the expression, as typed: the offset of the first character, from 0. */
  readonly position: number | undefined

  constructor(code: ScheduleErrorCode, message: string, options: ScheduleErrorOptions = {}) {
    super(code, message, { hint: options.hint })
    this.field = options.field
    this.position = options.position
  }
}
