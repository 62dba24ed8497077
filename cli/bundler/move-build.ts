import { type Dirent, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { NAMED_BY_CONTENT } from './earlier-files.ts'
import { INPUTS_FILE } from './freshness.ts'

/**
 * Moves a build into the folder of the one before, file by file, each replaced by one rename: whatever a process of the
 * earlier build imports or forks meanwhile is there at every moment. (When the whole folder was exchanged by two renames,
 * a busy machine had none between them for up to 36 ms.) A file comes after what it imports. `staged` is gone at the end.
 */
export function moveInto(target: string, staged: string): void {
  const before = lstatSync(target, { throwIfNoEntry: false })
  if (before?.isDirectory() !== true) {
    rmSync(target, { force: true })
    renameSync(staged, target)
    return
  }
  const fresh = entriesIn(staged)
  const files = [...fresh].flatMap(([path, entry]) => (entry.isDirectory() ? [] : [path]))
  const old = entriesIn(target)
  for (const [path, entry] of old) {
    const same = fresh.get(path)
    if (same !== undefined && same.isDirectory() !== entry.isDirectory()) remove(join(target, path))
  }
  for (const [path, entry] of fresh) if (entry.isDirectory()) mkdirSync(join(target, path), { recursive: true })
  for (const path of files.sort((a, b) => turnOf(a) - turnOf(b))) renameSync(join(staged, path), join(target, path))
  for (const path of old.keys()) {
    const folder = dirname(path)
    // Where its folder is not there any more either, it went with that.
    const isThere = folder === '.' || fresh.get(folder)?.isDirectory() === true
    if (isThere && !fresh.has(path)) remove(join(target, path))
  }
  remove(staged)
}

/**
 * Modules that others import first; last the file that says what the build was made from, so that one that was killed
 * on the way is not taken for fresh.
 */
function turnOf(path: string): number {
  if (path === INPUTS_FILE) return 3
  if (NAMED_BY_CONTENT.test(path)) return 0
  return dirname(path) === 'webstir' ? 1 : 2
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Path, relative to the folder and with `/` -> what is there. */
function entriesIn(folder: string): Map<string, Dirent> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return new Map(
    entries.map((entry) => [relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'), entry]),
  )
}
