import { JobsError } from '../support/errors.ts'

/** Why a running attempt is aborted; `lost`: another process has taken its execution over. */
export type AbortCause = 'timeout' | 'cancel' | 'overlap' | 'stop' | 'lost'

const CODES = {
  timeout: 'TIMEOUT',
  cancel: 'CANCELLED',
  overlap: 'CANCELLED',
  stop: 'STOPPED',
  lost: 'LOST',
} as const

/** The reason of an aborted `ctx.signal`, and the error that is recorded for it. Codes: TIMEOUT, CANCELLED, STOPPED, LOST. */
export class AbortedError extends JobsError {
  declare readonly code: (typeof CODES)[AbortCause]

  constructor(
    readonly abortCause: AbortCause,
    message: string,
  ) {
    super(CODES[abortCause], message)
  }
}

/** The message of each cause, for the signal's reason and for the record. */
export function abortedBy(cause: AbortCause, detail = ''): AbortedError {
  const texts = {
    timeout: `it took longer than its timeout${detail}`,
    cancel: 'it was cancelled on request',
    overlap: 'it was cancelled, since a newer fire of the job was due (overlap: cancel)',
    stop: 'the process was stopped',
    lost: 'its process sent no heartbeat for so long that another attempt took its place',
  }
  return new AbortedError(cause, texts[cause])
}
