import { messageOf } from '../../support/errors.ts'
import { driverCode, StoreError } from '../errors.ts'

/** Conflicts with another transaction: the same script may succeed when it is run again. */
export function isConflict(error: unknown): boolean {
  const code = driverCode(error)
  return code === '40P01' || code === '40001'
}

/** The connection is gone, or couldn't be made. */
export function isConnectionLoss(error: unknown): boolean {
  const code = driverCode(error)
  if (/^(08...|57P0[1235]|25P03|53300)$/.test(code)) return true
  if (/^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)/.test(code)) return true
  return /Connection terminated|Query read timeout|connection timeout|timeout exceeded when trying to connect|not queryable|Client was closed/i.test(
    messageOf(error),
  )
}

/** pg's error as a StoreError; an error that isn't about the database itself is returned as it is. */
export function postgresError(error: unknown, url: string): unknown {
  if (error instanceof StoreError) return error
  const code = driverCode(error)
  const text = messageOf(error)
  const fail = (kind: ConstructorParameters<typeof StoreError>[0], message: string, hint: string): StoreError =>
    new StoreError(kind, message, { hint, cause: error })
  if (isConnectionLoss(error)) {
    return new StoreError('STORE_UNAVAILABLE', `the store ${url} is away: ${text || code}`, {
      hint: 'check that the server runs and can be reached',
      cause: error,
      isAway: true,
    })
  }
  if (code.startsWith('28')) {
    return fail(
      'STORE_UNAVAILABLE',
      `the store ${url} refuses the login: ${text}`,
      'check user and password in the store URL',
    )
  }
  if (code === '3D000') {
    return fail(
      'STORE_UNAVAILABLE',
      `the store ${url} has no such database: ${text}`,
      'create it, or correct the store URL',
    )
  }
  if (code === '57014') {
    return fail(
      'STORE_BUSY',
      `the store ${url} took too long for one statement, which was cancelled: ${text}`,
      'find out what the server is busy with (pg_stat_activity), or what keeps a transaction open on it',
    )
  }
  if (code === '55P03') {
    return fail(
      'STORE_BUSY',
      `the store ${url} was locked for too long`,
      'find out what keeps a transaction open on it',
    )
  }
  if (code === '53100' || code === '53200') {
    return fail('STORE_FULL', `the store ${url} has no space left: ${text}`, 'give the server space; work goes on then')
  }
  if (code === '25006' || code === '42501') {
    return fail(
      'STORE_READ_ONLY',
      `the store ${url} can't be written: ${text}`,
      'connect to the primary, as a user who may write',
    )
  }
  if (code.startsWith('XX')) {
    return fail('STORE_CORRUPT', `the store ${url} is damaged: ${text}`, 'restore a backup')
  }
  if (isConflict(error)) {
    return fail(
      'STORE_BUSY',
      `the store ${url} had one conflict after the other`,
      'try again; if it happens again, report it to the authors of webstir-jobs',
    )
  }
  return error
}
