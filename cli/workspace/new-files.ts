import { mkdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

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
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return []
  const made: string[] = []
  for (let each = folder; each.length >= first.length; each = dirname(each)) made.unshift(each)
  return made
}

/** What can't be taken back (somebody else's file has come into the folder) stays. */
function ignoringAll(step: () => void): void {
  try {
    step()
  } catch {}
}
