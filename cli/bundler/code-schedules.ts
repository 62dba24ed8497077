import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { promisify } from 'node:util'
import type { BuildInfo, ListedJob } from '../../runtime/manifest/index.ts'
import { type Entries, findEntries } from './entries.ts'
import { type Freshness, freshness } from './freshness.ts'
import { OUTPUT_FOLDER } from './output-text.ts'

/** Jobs whose modules may declare schedules in `meta`, or set `multiTenant`, by what can be known of these. */
export interface CodeSchedules {
  /** Names of those whose newest source is built: running the built module tells. */
  readonly built: ReadonlySet<string>
  /** Name and source of those that are not: nothing tells before a build. */
  readonly unknown: ReadonlyMap<string, string>
  /** Names of jobs whose newest source is not built, and whose modules may set `multiTenant`. */
  readonly tenancyUnknown: ReadonlySet<string>
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
  const tenancyUnknown = new Set<string>()
  const mayHaveMeta = metaSearch(workspace)
  for (const [name, source] of entries.jobs) {
    if (build.isJobFresh(name)) {
      const facts = info?.jobs[name]
      if (facts?.meta === true || facts?.multiTenant === true) built.add(name)
      continue
    }
    if (mayHaveMeta(source)) unknown.set(name, source)
    if (/\bmultiTenant\b/.test(codeOf(join(workspace, source)) ?? '')) tenancyUnknown.add(name)
  }
  return { built, unknown, tenancyUnknown }
}

/** Listing imports modules; one that never returns must not hold up the command for longer, in ms. */
const KILL_AFTER = 30_000

/**
 * The jobs with the schedules that their built modules add in `meta`. What a module says can only be known by running
 * it, so that is left to the built scheduler, in a separate process. Rejects where that fails.
 */
export async function withCodeSchedules(
  workspace: string,
  listed: readonly ListedJob[],
  { built, tenancyUnknown }: CodeSchedules,
): Promise<readonly ListedJob[]> {
  const undecided = listed.map((job) =>
    job.multiTenant === false && tenancyUnknown.has(job.name) ? { ...job, multiTenant: null } : job,
  )
  if (!undecided.some(({ name }) => built.has(name))) return undecided
  const byName = new Map((await listBuilt(workspace)).map((job) => [job.name, job]))
  return undecided.map((job) => {
    const known = built.has(job.name) ? byName.get(job.name) : undefined
    if (known === undefined) return job
    const added = known.schedules.filter(({ origin }) => origin === 'code')
    const { next, multiTenant } = known
    return { ...job, schedules: [...job.schedules, ...added], next, multiTenant, problem: job.problem ?? known.problem }
  })
}

async function listBuilt(workspace: string): Promise<readonly ListedJob[]> {
  const file = join(workspace, OUTPUT_FOLDER, 'jobs', 'scheduler.js')
  const { stdout } = await promisify(execFile)(process.execPath, [file, '--list', '--json'], {
    cwd: workspace,
    timeout: KILL_AFTER,
    maxBuffer: 256 * 1024 * 1024,
  })
  return JSON.parse(stdout)
}

/**
 * Looks into the source of a job's module whose newest source is not built: says whether it may declare schedules in
 * `meta`. Paths are relative to the workspace. The rule is that of the build, applied to the text: `meta` is an
 * export, or the default export is an object and the word occurs in the module or in a file that it imports. Files
 * of packages are not looked into: an object that comes from one may have a `meta`.
 */
export function metaSearch(workspace: string): (source: string) => boolean {
  const texts = new Map<string, string | null>()
  const textOf = (path: string): string | null => {
    let text = texts.get(path)
    if (text === undefined) {
      text = codeOf(join(workspace, path))
      texts.set(path, text)
    }
    return text
  }
  const mentions = (path: string, seen: Set<string>): boolean => {
    if (seen.has(path)) return false
    seen.add(path)
    const text = textOf(path)
    if (text === null) return false
    if (WORD.test(text)) return true
    return importsOf(text).some((imported) => {
      const found = candidates(posix.join(posix.dirname(path), imported)).find((each) => textOf(each) !== null)
      return found !== undefined && mentions(found, seen)
    })
  }
  return (source) => {
    const text = textOf(source) ?? ''
    if (!OBJECT.test(text)) return EXPORTED.test(text)
    return mentions(source, new Set()) || handsOverForeign(text)
  }
}

/** An object may be handed over, or anything at all: `export default`, `export * from`, `module.exports`. */
const OBJECT = /\bexport\s*(?:default\b|\*|\{[^}]*\bdefault\b)|\bmodule\.exports\b/
/** `export const meta`, `export { schedules as meta }`, `export const { meta } = job`. */
const EXPORTED =
  /\bexport\s+(?:async\s+)?(?:function|const|let|var)\s+meta\b|\bexport\s*(?:(?:const|let|var)\s*)?\{[^}]*\bmeta\b/
/** A name or a key, not a property that is read (`import.meta`, `reply.meta`), nor a tag of HTML. */
const WORD = /(?<![.<\w$-])meta(?![\w$-])|\.meta\s*=(?!=)/
const IMPORTED = /\b(?:from|import|require)\s*\(?\s*(['"])(\.[^'"\n]*)\1/g
/** What is gone once it is built. Only whole lines are taken for comments: elsewhere `//` and `/*` may occur in a string. */
const NO_CODE = /^\s*(?:\/\/.*|\/?\*(?:(?!\*\/).)*)|\b(?:import|export)\s+type\b[^'";]*\bfrom\s*(['"])[^'"\n]*\1/gm

/** A file's text without comments and imports of types; null where it can't be read or is not code. */
function codeOf(path: string): string | null {
  if (!/\.[mc]?[jt]sx?$/.test(path)) return null
  try {
    return readFileSync(path, 'utf8').replace(NO_CODE, '')
  } catch {
    return null
  }
}

function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORTED)].flatMap(([, , path]) => path ?? [])
}

/** Whether the default export, or what is spread into it, comes from a package or through an alias of one. */
function handsOverForeign(text: string): boolean {
  if (FOREIGN_EXPORT.test(text)) return true
  const foreign = new Set([...text.matchAll(FOREIGN_NAMES)].flatMap(([, names = '']) => names.match(/[\w$]+/g) ?? []))
  return [...text.matchAll(HANDED_OVER)].some(([, name = '']) => foreign.has(name))
}

const FOREIGN_EXPORT = /\bexport\s*(?:\*|\{[^}]*\bdefault\b[^}]*\})\s*from\s*['"](?!\.)/
/** This package adds no `meta`: `defineJob` returns what it is given. */
const FOREIGN_NAMES = /\bimport\b([^'";]*)\bfrom\s*['"](?!\.|node:|webstir-jobs)/g
const HANDED_OVER = /(?:\bexport\s+default\s+|\.\.\.)([\w$]+)/g

const EXTENSIONS = ['.ts', '.tsx', '.js', '.mjs', '.jsx', '.mts']

/** The files that an import may mean, as the bundler looks for them. */
function candidates(path: string): string[] {
  const stem = path.replace(/\.([mc]?)js(x?)$/, '.$1ts$2')
  return [path, stem, ...EXTENSIONS.map((each) => path + each), ...EXTENSIONS.map((each) => `${path}/index${each}`)]
}
