import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../manifest/index.ts'

/**
 * Names of the jobs of which a build has no module: whatever they declare in `meta()` is unknown to it. A manifest that
 * is what was built has none. `build`: absolute path of build/backend.
 */
export function notBuilt({ jobs, plans }: Manifest, build: string): ReadonlySet<string> {
  if (plans !== undefined) return new Set()
  const modules = new Set(entriesOf(join(build, 'jobs')))
  return new Set(jobs.flatMap(({ name }) => (modules.has(name) ? [] : name)))
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
