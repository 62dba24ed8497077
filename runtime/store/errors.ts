import { JobsError } from '../support/errors.ts'

export type StoreErrorCode =
  | 'STORE_BUSY'
  | 'STORE_UNAVAILABLE'
  | 'STORE_FULL'
  | 'STORE_READ_ONLY'
  | 'STORE_CORRUPT'
  | 'STORE_TOO_NEW'
  | 'STORE_TOO_OLD'
  | 'STORE_IN_USE'
  | 'STORE_DRIVER_MISSING'
  | 'STORE_URL'
  | 'STORE_CLOSED'
  | 'STORE_FOREIGN'
  | 'STORE_KEY_CLASH'
  | 'STORE_NO_SQL'
  | 'PRE_CHECK_TIMEOUT'

/** What the store reports; the driver's own error is its `cause`. */
export class StoreError extends JobsError {
  declare readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(code, message, options)
  }

  /** Whether the same call may succeed later without anybody mending anything but the store's reachability. */
  get isTransient(): boolean {
    return this.code === 'STORE_BUSY' || this.code === 'STORE_UNAVAILABLE'
  }
}

/** The `code` that drivers put on their errors; '' where there is none. */
export function driverCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
