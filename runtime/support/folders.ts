import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it; returns the outermost one that was made, or undefined where it was there already.
 * Throws what `mkdir` does. (Node's own `recursive` never returns where a folder that exists answers ENOENT to making one
 * in it, as /proc does.)
 */
export function makeFolders(folder: string, mode?: number): string | undefined {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.unshift(at)
  for (const path of missing) {
    try {
      mkdirSync(path, mode)
    } catch (error) {
      // Another process may have been faster.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  // A file in its place is not found out otherwise.
  if (missing.length === 0) mkdirSync(folder, { recursive: true })
  return missing[0]
}
