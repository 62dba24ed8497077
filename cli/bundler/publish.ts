import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolders } from '../../runtime/support/folders.ts'
import { withWorkspaceLock } from '../workspace/lock.ts'
import { keepEarlierFiles } from './earlier-files.ts'
import { moveInto } from './move-build.ts'
import { OUTPUT_FOLDER } from './output-text.ts'
import { type RuntimeFiles, SCHEDULER } from './runtime-files.ts'

export type OutputFiles = ReadonlyMap<string, string | Uint8Array>

/** Folders that a killed build has left are removed when they are older than this, in ms. */
const ABANDONED = 3_600_000

/** An empty folder for a build to be written to before it takes the place of the one before. Throws what `mkdir` does. */
export function stagingFolder(workspace: string): string {
  const parent = dirname(join(workspace, OUTPUT_FOLDER))
  makeFolders(parent)
  sweep(parent)
  const staged = join(parent, `.backend-${randomUUID()}`)
  // Where that is not allowed, it is reported once: the bundler would report it for every file.
  mkdirSync(staged)
  return staged
}

/**
 * Puts a whole build in the place of the one before: what `staged` holds already, `files`, and the runtime. What is no
 * longer built vanishes, except for what schedulers that still run from an earlier build may load (see
 * `keepEarlierFiles`). Several builds at once take turns; the last to finish stays. Where it fails before the first file
 * is in its place, the build before is untouched, and what was staged is the caller's to discard.
 */
export async function publish(
  workspace: string,
  staged: string,
  files: OutputFiles,
  runtime: RuntimeFiles,
): Promise<void> {
  writeAll(staged, files)
  for (const folder of ['webstir', 'jobs']) mkdirSync(join(staged, folder), { recursive: true })
  for (const name of runtime.names) copyFileSync(join(runtime.folder, name), join(staged, placeOf(name)))
  const target = join(workspace, OUTPUT_FOLDER)
  await withWorkspaceLock(dirname(target), () => {
    keepEarlierFiles(target, staged, Date.now())
    moveInto(target, staged)
  })
}

/** Removes what was written to a staging folder, where there is something. */
export function discard(staged: string): void {
  rmSync(staged, { recursive: true, force: true })
}

/** Where a file of the runtime is in a build: the scheduler's beside the jobs, the others in the folder webstir. */
function placeOf(name: string): string {
  return name === SCHEDULER ? `jobs/${name}` : `webstir/${name}`
}

function writeAll(folder: string, files: OutputFiles): void {
  for (const [path, contents] of files) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, contents)
  }
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith('.backend-')) continue
    const path = join(parent, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED) rmSync(path, { recursive: true, force: true })
  }
}

/** Replaces single files of a build in place, each whole; those that are the same already are left alone. */
export function publishFiles(workspace: string, files: OutputFiles): void {
  const folder = join(workspace, OUTPUT_FOLDER)
  for (const [path, contents] of files) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.new`, contents)
    renameSync(`${file}.new`, file)
  }
}
