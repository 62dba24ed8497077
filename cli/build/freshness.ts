import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OUTPUT_FOLDER } from './bundle.ts'
import { type Entries, entryPoints } from './entries.ts'
import { changedFiles, readInputs } from './inputs.ts'
import { runtimeFiles } from './runtime-files.ts'

/** Whether a workspace's build stands for its sources as they are now. */
export interface Freshness {
  readonly isFresh: boolean
  /** In words, where it does not; null where it does. */
  readonly reason: string | null
  /** The same for a single job's own files. */
  isJobFresh(name: string): boolean
}

/** Compares sizes and times, and reads no source. */
export function freshness(workspace: string, entries: Entries): Freshness {
  const inputs = readInputs(workspace)
  if (inputs === null || !existsSync(join(workspace, OUTPUT_FOLDER, 'jobs/scheduler.js'))) {
    return { isFresh: false, reason: 'there is no build', isJobFresh: () => false }
  }
  const changed = changedFiles(workspace, inputs)
  const isJobFresh = (name: string): boolean =>
    Object.hasOwn(inputs.jobs, name) &&
    inputs.jobs[name]?.every((number) => !changed.has(number)) === true &&
    inputs.entries[`jobs/${name}/index`] === entries.jobs.get(name)
  const stale = (reason: string): Freshness => ({ isFresh: false, reason, isJobFresh })
  if (inputs.runtime !== runtimeFiles().stamp) return stale('it was made by another version of webstir-jobs')
  const [first] = changed
  if (first !== undefined) return stale(`${inputs.files[first]?.[0] ?? 'a file'} has changed`)
  const now = entryPoints(entries)
  const outputs = new Set([...Object.keys(now), ...Object.keys(inputs.entries)])
  for (const output of outputs) {
    if (now[output] !== inputs.entries[output]) {
      return stale(`${now[output] ?? inputs.entries[output]} was ${now[output] === undefined ? 'removed' : 'added'}`)
    }
  }
  return { isFresh: true, reason: null, isJobFresh }
}
