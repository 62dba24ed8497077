import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BuildInfo, ListedJob } from '../../runtime/manifest/index.ts'
import { OUTPUT_FOLDER } from './bundle.ts'
import { type Entries, findEntries } from './entries.ts'
import { type Freshness, freshness } from './freshness.ts'
import { metaSearch } from './meta-in-source.ts'

/** Jobs whose modules may declare schedules in `meta`, by what can be known of these. All others declare none. */
export interface CodeSchedules {
  /** Names of those that are built as they stand: running the built module tells. */
  readonly built: ReadonlySet<string>
  /** Name and source of those that are not: nothing tells before a build. */
  readonly unknown: ReadonlyMap<string, string>
}

/** Which jobs may have schedules in code. Runs nothing, and reads the sources of those alone that are not built. */
export function codeSchedules(
  workspace: string,
  info: BuildInfo | null,
  entries: Entries = findEntries(workspace, undefined),
  build: Freshness = freshness(workspace, entries),
): CodeSchedules {
  const built = new Set<string>()
  const unknown = new Map<string, string>()
  const mayHaveMeta = metaSearch(workspace)
  for (const [name, source] of entries.jobs) {
    if (build.isJobFresh(name)) {
      if (info?.jobs[name]?.meta === true) built.add(name)
    } else if (mayHaveMeta(source)) {
      unknown.set(name, source)
    }
  }
  return { built, unknown }
}

/** Listing imports the modules that have a `meta`; one that never returns may not hold us up, in ms. */
const PATIENCE = 30_000

/**
 * The jobs with the schedules that their built modules add in `meta`. What a module says can only be known by running
 * it, so that is left to the built scheduler, in a process of its own. Rejects where that fails.
 */
export async function withCodeSchedules(
  workspace: string,
  listed: readonly ListedJob[],
  { built }: CodeSchedules,
): Promise<readonly ListedJob[]> {
  if (!listed.some(({ name }) => built.has(name))) return listed
  const told = new Map((await listBuilt(workspace)).map((job) => [job.name, job]))
  return listed.map((job) => {
    const known = built.has(job.name) ? told.get(job.name) : undefined
    if (known === undefined) return job
    const added = known.schedules.filter(({ origin }) => origin === 'code')
    return { ...job, schedules: [...job.schedules, ...added], next: known.next, problem: job.problem ?? known.problem }
  })
}

async function listBuilt(workspace: string): Promise<readonly ListedJob[]> {
  const file = join(workspace, OUTPUT_FOLDER, 'jobs', 'scheduler.js')
  const { stdout } = await promisify(execFile)(process.execPath, [file, '--list', '--json'], {
    cwd: workspace,
    timeout: PATIENCE,
    maxBuffer: 256 * 1024 * 1024,
  })
  return JSON.parse(stdout)
}
