import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface SourceTree {
  /** Absolute. */
  readonly folders: readonly string[]
  /** Relative to the workspace, `/` between folders. */
  readonly files: readonly string[]
}

/** Everything under src/backend, as it is now. */
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
