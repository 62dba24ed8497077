import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Logger } from '../logging/logger.ts'
import type { Env } from '../support/env.ts'
import { messageOf } from '../support/errors.ts'
import { makeFolders } from '../support/folders.ts'
import { driverCode, StoreError } from './errors.ts'
import type { Store } from './store.ts'
import { locateStore } from './url.ts'

/** Who may use a store's files: executions carry arguments, logs and errors, so by default their owner alone. */
const OWN = 0o600

/** Whether files have an owner and modes here. On Windows a file has what its folder hands down. */
const hasModes = process.platform !== 'win32'

/** The mode of new files, from JOBS_STORE_MODE: octal, such as 0660 for a group. Throws StoreError STORE_MODE. */
export function fileMode({ JOBS_STORE_MODE: text = '' }: Env): number {
  if (text === '') return OWN
  const mode = /^(?:0o?)?[0-7]{3}$/.test(text) ? Number.parseInt(text.slice(-3), 8) : 0
  if ((mode & OWN) === OWN && (mode & 0o111) === 0) return mode
  throw new StoreError('STORE_MODE', `JOBS_STORE_MODE "${text}" is not the mode of a file that its owner may write`, {
    hint: 'use 0600 (the owner alone), 0640 or 0660 (a group too)',
  })
}

/** Of a folder for files of that mode: who may read them may look into it. */
const folderMode = (mode: number): number => mode | ((mode & 0o444) >> 2)

/**
 * Makes an empty file for a database, and the folders above it, where they are missing. What is there is left as it is.
 * SQLite gives the files beside it (`-wal`, `-shm`) the mode that this one has.
 */
export function makeDatabaseFile(path: string, mode: number): void {
  const folder = dirname(path)
  try {
    const outermost = makeFolders(folder, folderMode(mode))
    // The process's umask may have taken a group's part away.
    if (outermost !== undefined && hasModes) {
      for (let made = folder; made.length >= outermost.length; made = dirname(made)) chmodSync(made, folderMode(mode))
    }
  } catch (cause) {
    throw new StoreError('STORE_UNAVAILABLE', `the folder of ${path} can't be made: ${messageOf(cause)}`, {
      hint: 'make it yourself, or name another file in JOBS_STORE_URL',
      cause,
    })
  }
  if (!hasModes) return
  try {
    const file = openSync(path, 'wx', mode)
    fchmodSync(file, mode)
    closeSync(file)
  } catch (cause) {
    if (driverCode(cause) === 'EACCES') throw noAccess(path) ?? cause
    // There already, or something that SQLite reports.
  }
}

/** Whether there is a file. Throws StoreError where this process may not look. */
export function databaseExists(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (cause) {
    if (driverCode(cause) !== 'EACCES') return false
    throw noAccess(path) ?? cause
  }
}

/** The error for a file that this process may not read and write, or whose folder it may not use; undefined where it may. */
export function noAccess(path: string): StoreError | undefined {
  const all = constants.R_OK | constants.W_OK
  for (const [place, access] of [
    [dirname(path), constants.X_OK],
    [path, all],
    // SQLite makes files beside it.
    [dirname(path), all],
  ] as const) {
    const about = statOf(place)
    if (about === undefined || mayUse(place, access)) continue
    const user = process.getuid?.()
    return new StoreError(
      'STORE_UNAVAILABLE',
      `${place} belongs to ${userName(about.uid)} and has the mode ${octal(about)}: ${userName(user ?? -1)} may not use it`,
      {
        hint: 'run this as its owner, or share the store with a group: JOBS_STORE_MODE=0660, and chgrp and chmod of what is there',
      },
    )
  }
  return undefined
}

/** What of a store that was there already is open to other users than `mode` says; null where nothing is. */
function exposureOf(path: string, mode: number): { readonly file: boolean; readonly text: string } | null {
  if (!hasModes) return null
  for (const [place, allowed, isFile] of [
    [path, mode, true],
    [dirname(path), folderMode(mode), false],
  ] as const) {
    const about = statOf(place)
    if (about === undefined || (about.mode & 0o077 & ~allowed) === 0) continue
    const fix = `chmod ${allowed.toString(8)} ${place}`
    const what = isFile ? 'the store, with arguments and logs,' : "the store's folder"
    return { file: isFile, text: `${what} is open to other users: ${place} has the mode ${octal(about)} (${fix})` }
  }
  return null
}

/**
 * Logs when a store's files, which were there already, are open to other users than they would be if they were
 * made now. Folders are logged quietly: a folder that lists its files' names shows nothing of what they hold.
 */
export function reportExposure({ target }: Pick<Store, 'target'>, log: Logger, env: Env): void {
  if (target === null) return
  const location = locateStore(target)
  const exposure = location.dialect === 'sqlite' ? exposureOf(location.path, fileMode(env)) : null
  if (exposure !== null) log[exposure.file ? 'warn' : 'info'](exposure.text)
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function mayUse(path: string, access: number): boolean {
  try {
    accessSync(path, access)
    return true
  } catch {
    return false
  }
}

const octal = ({ mode }: Stats): string => `0${(mode & 0o777).toString(8)}`

function userName(id: number): string {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.split(':')[2] === String(id))
    if (line !== undefined) return `the user ${line.split(':')[0]}`
  } catch {
    // Then by number.
  }
  return `the user ${id}`
}
