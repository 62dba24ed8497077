import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { OUTPUT_FOLDER } from './bundle.ts'
import { type Entries, entryPoints } from './entries.ts'
import { inputsOf } from './job-facts.ts'
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

/** `build/backend/webstir/inputs.json`: what a build was made from, so that the next command knows whether it is stale. */
export interface Inputs {
  readonly format: 1
  /** Of the runtime that was taken along. */
  readonly runtime: string
  /** Entry points: output -> source. */
  readonly entries: { readonly [output: string]: string }
  /** Path relative to the workspace, and size and mtime in ms; null where it changed while the build was running. */
  readonly files: readonly (
    | readonly [path: string, size: number, mtime: number]
    | readonly [path: string, unknown: null]
  )[]
  /** For each job, the numbers of its files. */
  readonly jobs: { readonly [name: string]: readonly number[] }
}

export const INPUTS_FILE = 'webstir/inputs.json'

/** Files beside the sources that decide what is built. */
const ALWAYS = ['package.json', 'tsconfig.json']

/** `startedAt`: ms since the epoch, before the first source was read. */
export function inputsOfBuild(
  workspace: string,
  entries: Entries,
  metafile: Metafile,
  build: { readonly runtime: string; readonly startedAt: number },
): Inputs {
  const paths = [...ALWAYS, ...Object.keys(metafile.inputs)]
  const numbers = new Map(paths.map((path, number) => [path, number]))
  const files = paths.map((path) => {
    const stamp = stampOf(workspace, path)
    // Whether the build saw the file before or after the change, nobody knows.
    return stamp !== null && stamp.mtime < build.startedAt
      ? ([path, stamp.size, stamp.mtime] as const)
      : ([path, null] as const)
  })
  const jobs: Record<string, number[]> = {}
  for (const [name, source] of entries.jobs) {
    jobs[name] = inputsOf(metafile, source).flatMap((path) => numbers.get(path) ?? [])
  }
  return { format: 1, runtime: build.runtime, entries: entryPoints(entries), files, jobs }
}

/** What the last build was made from; null where there is none that can be read. */
export function readInputs(workspace: string): Inputs | null {
  try {
    const inputs: Inputs = JSON.parse(readFileSync(join(workspace, OUTPUT_FOLDER, INPUTS_FILE), 'utf8'))
    return inputs.format === 1 ? inputs : null
  } catch {
    return null
  }
}

/** Numbers of the files that are no longer what they were. */
export function changedFiles(workspace: string, { files }: Inputs): ReadonlySet<number> {
  const changed = new Set<number>()
  for (const [number, [path, size, mtime]] of files.entries()) {
    const stamp = stampOf(workspace, path)
    const isMissing = stamp === null
    const wasMissing = size === null
    if (isMissing ? !(wasMissing && ALWAYS.includes(path)) : stamp.size !== size || stamp.mtime !== mtime) {
      changed.add(number)
    }
  }
  return changed
}

function stampOf(workspace: string, path: string): { size: number; mtime: number } | null {
  const found = statSync(join(workspace, path), { throwIfNoEntry: false })
  return found === undefined ? null : { size: found.size, mtime: found.mtimeMs }
}
