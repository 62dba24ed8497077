import { JobsError } from '../support/errors.ts'

export type StoreErrorCode =
  | 'STORE_BUSY'
  | 'STORE_UNAVAILABLE'
  | 'STORE_FULL'
  | 'STORE_READ_ONLY'
  | 'STORE_CORRUPT'
  | 'STORE_REPLACED'
  | 'STORE_TOO_NEW'
  | 'STORE_TOO_OLD'
  | 'STORE_IN_USE'
  | 'STORE_DRIVER_MISSING'
  | 'STORE_URL'
  | 'STORE_MODE'
  | 'STORE_CLOSED'
  | 'STORE_FOREIGN'
  | 'STORE_KEY_CLASH'
  | 'STORE_NO_SQL'
  | 'STORE_TRANSACTION'
  | 'PRE_CHECK_TIMEOUT'

/** What the store reports; the driver's own error is its `cause`. */
export class StoreError extends JobsError {
  declare readonly code: StoreErrorCode
  /** The server can't be reached just now; nothing is known to be wrong with what was asked, or with the URL. */
  readonly isAway: boolean

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; isAway?: boolean } = {},
  ) {
    super(code, message, options)
    this.isAway = options.isAway ?? false
  }

  /** Whether the same call may succeed later once the store can be reached, with nothing else changed. */
  get isTransient(): boolean {
    return this.code === 'STORE_BUSY' || this.code === 'STORE_UNAVAILABLE'
  }
}

/** The `code` that drivers put on their errors; '' where there is none. */
export function driverCode(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null || !('code' in error)) return ''
    return typeof error.code === 'string' ? error.code : ''
  } catch {
    // What a pre-check throws may throw when it is read.
    return ''
  }
}
