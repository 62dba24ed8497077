import type { Metafile } from 'esbuild'
import type { BuiltJob } from '../../runtime/manifest/index.ts'
import type { Bundle } from './bundle.ts'
import { type Entries, jobOutput } from './entries.ts'
import { FROM_BUILD, OUTPUT_FOLDER } from './output-text.ts'

/** What the bundles tell about the jobs' modules, without running any of them; plain ones are left out. */
export function builtJobs(entries: Entries, bundle: Bundle): Record<string, BuiltJob> {
  const jobs: Record<string, BuiltJob> = {}
  for (const [name, source] of entries.jobs) {
    const path = `${jobOutput(name)}.js`
    const exports = bundle.metafile.outputs[`${OUTPUT_FOLDER}/${path}`]?.exports ?? []
    // A plain job, as most are: nothing to say, and build.json stays quick to parse.
    if (exports.length === 1 && exports[0] === 'run') continue
    const isObject = exports.includes('default')
    jobs[name] = {
      source,
      exports,
      meta: exports.includes('meta') || (isObject && mentions(bundle, path, 'meta')),
      multiTenant: exports.includes('multiTenant') || (isObject && mentions(bundle, path, 'multiTenant')),
      preCheck: exports.includes('preCheck') || (isObject && mentions(bundle, path, 'preCheck')),
    }
  }
  return jobs
}

/**
 * Whether a word occurs anywhere in a built module or in what it imports from the build. It may be wrong in one
 * direction only: where it says no, the module's object can't have that property. Modules shared in a watched build
 * were built apart and are not looked into.
 */
function mentions(bundle: Bundle, path: string, word: string, seen = new Set<string>()): boolean {
  if (seen.has(path)) return false
  seen.add(path)
  const text = bundle.text(path)
  if (text === undefined) return false
  if (text.replaceAll('import.meta', '').includes(word)) return true
  const imports = bundle.metafile.outputs[`${OUTPUT_FOLDER}/${path}`]?.imports ?? []
  return imports.some(({ path: imported, external }) =>
    external === true
      ? imported.startsWith(`${FROM_BUILD}shared/`)
      : mentions(bundle, imported.slice(OUTPUT_FOLDER.length + 1), word, seen),
  )
}

/** Source files that a module needs, itself included, as far as they were bundled; relative to the workspace. */
export function inputsOf({ inputs }: Metafile, source: string): string[] {
  const found = new Set<string>()
  const ways = [source]
  for (let path = ways.pop(); path !== undefined; path = ways.pop()) {
    const input = inputs[path]
    if (input === undefined || found.has(path)) continue
    found.add(path)
    for (const imported of input.imports) if (imported.external !== true) ways.push(imported.path)
  }
  return [...found]
}
