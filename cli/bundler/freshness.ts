import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { type Entries, entryPoints, jobOutput } from './entries.ts'
import { inputsOf } from './job-facts.ts'
import { OUTPUT_FOLDER } from './output-text.ts'
import { type RuntimeFiles, runtimeFiles, SCHEDULER } from './runtime-files.ts'

/** Whether a workspace's build is that of its sources as they are now. */
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
    inputs.entries[jobOutput(name)] === entries.jobs.get(name) &&
    isOwnOutput(workspace, inputs, jobOutput(name))
  const stale = (reason: string): Freshness => ({ isFresh: false, reason, isJobFresh })
  if (inputs.runtime !== runtimeFiles().stamp) return stale('it was made by another version of webstir-jobs')
  const foreign = Object.keys(inputs.outputs).find((output) => !isOwnOutput(workspace, inputs, output))
  if (foreign !== undefined) return stale(`${OUTPUT_FOLDER}/${foreign}.js was written by another program, or is gone`)
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
  readonly format: 2
  /** Of the runtime that was taken along. */
  readonly runtime: string
  /** What was written for each entry point, and the scheduler: size, and mtime in ms where it is known. */
  readonly outputs: { readonly [output: string]: readonly [size: number, mtime: number | null] }
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
const ALWAYS = ['package.json', 'tsconfig.json', 'src/backend/tsconfig.json']

/** `startedAt`: ms since the epoch, before the first source was read. `folder`: where the outputs are, absolute. */
export function inputsOfBuild(
  workspace: string,
  entries: Entries,
  metafile: Metafile,
  build: { readonly runtime: RuntimeFiles; readonly startedAt: number; readonly folder: string },
): Inputs {
  const paths = [...ALWAYS, ...Object.keys(metafile.inputs)]
  const numbers = new Map(paths.map((path, number) => [path, number]))
  const files = paths.map((path) => {
    const stamp = stampOf(workspace, path)
    // It is not known whether the build saw the file before or after the change.
    return stamp !== null && stamp.mtime < build.startedAt
      ? ([path, stamp.size, stamp.mtime] as const)
      : ([path, null] as const)
  })
  const jobs: Record<string, number[]> = {}
  for (const [name, source] of entries.jobs) {
    jobs[name] = inputsOf(metafile, source).flatMap((path) => numbers.get(path) ?? [])
  }
  const points = entryPoints(entries)
  const outputs: Record<string, [number, number | null]> = { [SCHEDULER_OUTPUT]: [sizeOf(build.runtime), null] }
  for (const output of Object.keys(points)) {
    const stamp = stampOf(build.folder, `${output}.js`)
    if (stamp !== null) outputs[output] = [stamp.size, stamp.mtime]
  }
  return { format: 2, runtime: build.runtime.stamp, outputs, entries: points, files, jobs }
}

/** Copied when the build is published, later than its inputs are written down, so only its size is known. */
const SCHEDULER_OUTPUT = 'jobs/scheduler'
const sizeOf = ({ folder }: RuntimeFiles): number => stampOf(folder, SCHEDULER)?.size ?? 0

/** Whether an output is still the one that the build has written. */
function isOwnOutput(workspace: string, { outputs }: Inputs, output: string): boolean {
  const [size, mtime] = outputs[output] ?? []
  const stamp = stampOf(join(workspace, OUTPUT_FOLDER), `${output}.js`)
  return stamp !== null && stamp.size === size && (mtime === null || stamp.mtime === mtime)
}

/** What the last build was made from; null where there is none that can be read. */
export function readInputs(workspace: string): Inputs | null {
  try {
    const inputs: Inputs = JSON.parse(readFileSync(join(workspace, OUTPUT_FOLDER, INPUTS_FILE), 'utf8'))
    return inputs.format === 2 ? inputs : null
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
