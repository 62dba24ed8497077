import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { uniqueName } from './unique-name.ts'

/**
 * Replaces a file's text in one step: whoever looks sees the old text or the new one, also after a crash or on a full
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

/** Only root may give a file away; anybody else's new file is their own, as it is with every editor. */
function keepOwner(file: number, uid: number, gid: number): void {
  if (process.getuid?.() !== 0) return
  fchownSync(file, uid, gid)
}
