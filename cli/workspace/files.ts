import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolders as outermostMade } from '../../runtime/support/folders.ts'
import { CommandError } from '../command-line/errors.ts'

/** A file to be made; `path` is relative to its folder, with `/` between segments. */
export interface NewFile {
  readonly path: string
  readonly text: string
}

/**
 * Makes files, and the folders that they need, without ever touching one that is there. Returns what takes all of it
 * back; where a write fails, that has been done already.
 */
export function placeFiles(folder: string, files: readonly NewFile[]): () => void {
  const undo: (() => void)[] = []
  const takeBack = (): void => {
    for (const step of undo.splice(0).reverse()) step()
  }
  try {
    for (const file of files) {
      const path = join(folder, ...file.path.split('/'))
      for (const made of makeFolders(dirname(path))) undo.push(() => ignoringAll(() => rmdirSync(made)))
      // Registered before the write: a disk that fills up leaves half a file.
      let isOurs = false
      undo.push(() => {
        if (isOurs) ignoringAll(() => unlinkSync(path))
      })
      writeFileSync(path, '', { flag: 'wx' })
      isOurs = true
      writeFileSync(path, file.text)
    }
  } catch (error) {
    takeBack()
    throw error
  }
  return takeBack
}

/** The folders that had to be made, outermost first. */
function makeFolders(folder: string): string[] {
  const first = outermostMade(folder)
  if (first === undefined) return []
  const made: string[] = []
  for (let each = folder; each.length >= first.length; each = dirname(each)) made.unshift(each)
  return made
}

/** What can't be taken back (another program's file has come into the folder) stays. */
function ignoringAll(step: () => void): void {
  try {
    step()
  } catch {}
}

/**
 * Replaces a file's text in one step: readers see the old text or the new one, also after a crash or on a full
 * disk. Mode and owner stay. (The package write-file-atomic writes once and takes a short write for the whole text:
 * on a disk that fills up, it puts half a file in place of a good one.)
 */
export function writeAtomically(path: string, text: string): void {
  const { mode, uid, gid } = statSync(path)
  const beside = join(dirname(path), `.webstir.${uniqueName()}`)
  const file = openSync(beside, 'wx', mode)
  try {
    try {
      writeFileSync(file, text)
      // What `open` makes of the mode depends on the umask.
      fchmodSync(file, mode)
      keepOwner(file, uid, gid)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (error) {
    unlinkSync(beside)
    throw error
  }
}

/** Only root may change a file's owner; any other user's new file belongs to that user, as with every editor. */
function keepOwner(file: number, uid: number, gid: number): void {
  if (process.getuid?.() !== 0) return
  fchownSync(file, uid, gid)
}

/**
 * Looks at each step of a path inside a folder, and returns the last one's `lstat`, undefined where something on the
 * way is not there. Throws CommandError where a step is a symbolic link, which could lead out of the folder, or where
 * a file is in place of a folder.
 */
export function lookWithin(folder: string, segments: readonly string[]): Stats | undefined {
  let path = folder
  let stat: Stats | undefined
  for (const [index, segment] of segments.entries()) {
    path = join(path, segment)
    stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    if (stat.isSymbolicLink()) {
      throw new CommandError('SYMBOLIC_LINK', `${path} is a symbolic link, which is not followed`, {
        hint: 'put a real folder or file there',
      })
    }
    if (index < segments.length - 1 && !stat.isDirectory()) {
      throw new CommandError('NOT_A_FOLDER', `${path} is not a folder`, {
        hint: 'move it away: a folder belongs there',
      })
    }
  }
  return stat
}

/**
 * A text that no other process and no other call on this machine has made: who, when, and chance. Loading
 * `node:crypto` for a UUID would take a tenth of the time that `add-job` has (`npm run bench -- startup`).
 */
export function uniqueName(): string {
  const chance = Math.random().toString(36).slice(2)
  return `${process.pid.toString(36)}-${process.hrtime.bigint().toString(36)}-${chance}`
}
