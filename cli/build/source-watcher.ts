import { type FSWatcher, watch } from 'node:fs'

/** How long to gather events before telling of them, in ms: an editor's save is several. */
const GATHER = 20

/**
 * Tells that something in a set of folders may have changed. What has, its user finds out by looking: file systems
 * disagree on what they say of a change. Each folder is watched by itself; recursive watching is not there everywhere.
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
