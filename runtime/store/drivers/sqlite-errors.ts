import { messageOf } from '../../support/errors.ts'
import { driverCode, StoreError } from '../errors.ts'
import { noAccess } from '../file-access.ts'

/** SQLite's primary result codes, by number (https://sqlite.org/rescode.html): `node:sqlite` has no names for them. */
const NAMES: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
}

/** The name of SQLite's result code, whichever binding reports it; '' for an error that is not SQLite's. */
function resultCode(error: unknown): string {
  const code = driverCode(error)
  if (code !== 'ERR_SQLITE_ERROR' || typeof error !== 'object' || error === null || !('errcode' in error)) return code
  return NAMES[Number(error.errcode) & 0xff] ?? code
}

/** Whether a statement found the database locked by another connection, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return (
    code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED' || /: 5\)$|database is locked/.test(messageOf(error))
  )
}

/** A binding's error as a StoreError; an error that isn't about the database itself is returned as it is. */
export function sqliteError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error
  const code = resultCode(error)
  const text = messageOf(error)
  const fail = (kind: ConstructorParameters<typeof StoreError>[0], message: string, hint: string): StoreError =>
    new StoreError(kind, message, { hint, cause: error })
  if (code.startsWith('SQLITE_FULL')) {
    return fail(
      'STORE_FULL',
      `the disk that holds ${path} is full`,
      'free some space; nothing was lost, and work goes on then',
    )
  }
  if (code.startsWith('SQLITE_READONLY')) {
    const denied = noAccess(path)
    return fail(
      'STORE_READ_ONLY',
      denied?.message ?? `${path} can't be written`,
      'let this user write the file and its folder',
    )
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || / 26\)?$/.test(text)) {
    return fail(
      'STORE_CORRUPT',
      `${path} is damaged, or is not a SQLite database`,
      'restore a backup, or move the file away to start with an empty store',
    )
  }
  if (code.startsWith('SQLITE_CANTOPEN') || /ConnectionFailed.*: 14/.test(text)) {
    const denied = noAccess(path)
    if (denied !== undefined) return denied
    return fail('STORE_UNAVAILABLE', `${path} can't be opened`, 'check that the path is a file in a folder you may use')
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return fail('STORE_UNAVAILABLE', `${path} can't be read or written (${code})`, 'check the disk that holds it')
  }
  if (isBusy(error)) {
    return fail('STORE_BUSY', `${path} is locked by another process`, 'find out what keeps the database locked')
  }
  return error
}
