import { statSync } from 'node:fs'
import { join } from 'node:path'

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
