import { messageOf } from '../../support/errors.ts'
import { driverCode, StoreError } from '../errors.ts'

/** Whether a statement found the database locked by somebody else, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = driverCode(error)
  return (
    code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED' || /: 5\)$|database is locked/.test(messageOf(error))
  )
}

/** libsql's error in the store's words; what isn't about the database itself is handed on as it is. */
export function sqliteError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error
  const code = driverCode(error)
  const text = messageOf(error)
  const fail = (kind: ConstructorParameters<typeof StoreError>[0], message: string, hint: string): StoreError =>
    new StoreError(kind, message, { hint, cause: error })
  if (code.startsWith('SQLITE_FULL')) {
    return fail(
      'STORE_FULL',
      `The disk that holds ${path} is full.`,
      'Free some space; nothing was lost, work goes on.',
    )
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return fail('STORE_READ_ONLY', `${path} can't be written.`, `Let this user write the file and its folder.`)
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || / 26\)?$/.test(text)) {
    return fail(
      'STORE_CORRUPT',
      `${path} is damaged, or is no SQLite database.`,
      'Restore a backup, or move the file away to start with an empty store.',
    )
  }
  if (code.startsWith('SQLITE_CANTOPEN') || /ConnectionFailed.*: 14/.test(text)) {
    return fail(
      'STORE_UNAVAILABLE',
      `${path} can't be opened.`,
      'Check that the path is a file in a folder you may use.',
    )
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return fail('STORE_UNAVAILABLE', `${path} can't be read or written (${code}).`, 'Check the disk that holds it.')
  }
  if (isBusy(error)) {
    return fail('STORE_BUSY', `${path} is locked by another process.`, 'Find out what keeps the database locked.')
  }
  return error
}
