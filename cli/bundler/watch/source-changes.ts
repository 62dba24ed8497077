import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { jobsDirOf } from '../../workspace/jobs-dir.ts'

/** How long to gather events before reporting them, in ms: an editor's save is several. */
const GATHER = 20

/**
 * Reports that something in a set of folders may have changed. What has, its user finds out by looking: file systems
 * disagree on what they report. Each folder is watched by itself, as recursive watching is not available everywhere.
 */
export class SourceWatcher {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #tell: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(tell: () => void) {
    this.#tell = tell
  }

  /** Watches exactly these folders from now on. True where some of them were not watched before. */
  watch(folders: ReadonlySet<string>): boolean {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    const added = [...folders].filter((folder) => !this.#watchers.has(folder))
    for (const folder of added) this.#open(folder)
    return added.length > 0
  }

  close(): void {
    clearTimeout(this.#timer)
    this.watch(new Set())
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder, () => this.#gather())
      // A folder that goes away ends its watcher; the next look at the tree finds out.
      watcher.on('error', () => {
        watcher.close()
        this.#watchers.delete(folder)
        this.#gather()
      })
      this.#watchers.set(folder, watcher)
    } catch {
      // Gone between being found and being watched.
    }
  }

  #gather(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tell(), GATHER)
  }
}

/** Remembers sizes and times of a workspace's files, to tell which of them have changed. Paths are relative to it. */
export class FileStamps {
  readonly #workspace: string
  readonly #stamps = new Map<string, string>()

  constructor(workspace: string) {
    this.#workspace = workspace
  }

  /**
   * Remembers files that are new here as they are now. One that changed since `readAt` (ms since the epoch) may have
   * been read before its change, so it counts as changed at the next look. True where any was new.
   */
  add(paths: Iterable<string>, readAt: number): boolean {
    const before = this.#stamps.size
    for (const path of paths) {
      if (!this.#stamps.has(path)) this.#stamps.set(path, this.#stampOf(path, readAt))
    }
    return this.#stamps.size > before
  }

  /** The files that are no longer as remembered; from now on their new state is. */
  changes(): Set<string> {
    const changed = new Set<string>()
    for (const [path, before] of this.#stamps) {
      const now = this.#stampOf(path)
      if (now === before) continue
      this.#stamps.set(path, now)
      changed.add(path)
    }
    return changed
  }

  #stampOf(path: string, readAt = Number.POSITIVE_INFINITY): string {
    const found = statSync(join(this.#workspace, path), { throwIfNoEntry: false })
    if (found === undefined) return 'missing'
    return found.mtimeMs >= readAt ? 'unknown' : `${found.size} ${found.mtimeMs}`
  }
}

export interface SourceTree {
  /** Absolute. */
  readonly folders: readonly string[]
  /** Relative to the workspace, `/` between folders. */
  readonly files: readonly string[]
}

/** Everything under src/backend and in the folder of the jobs, as it is now. */
export function sourceTree(workspace: string): SourceTree {
  const folders: string[] = []
  const files: string[] = []
  const visit = (path: string): void => {
    const folder = join(workspace, path)
    folders.push(folder)
    for (const entry of entriesOf(folder)) {
      if (entry.isDirectory()) visit(`${path}/${entry.name}`)
      else files.push(`${path}/${entry.name}`)
    }
  }
  visit('src/backend')
  const jobsDir = jobsDirOf(workspace)
  if (!`${jobsDir}/`.startsWith('src/backend/')) visit(jobsDir)
  return { folders, files }
}

/** None of a folder that isn't there, or has just gone. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
