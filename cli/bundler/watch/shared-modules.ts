import { relative, resolve } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'
import { inputsOf } from '../job-facts.ts'
import { FROM_BUILD } from '../output-text.ts'

/*
 * While a build is watched, a module that several entries use is built once, as a separate entry under
 * build/backend/shared, and the others import it from there. A change then concerns one bundle and not all of them,
 * and all jobs share one instance of the module, as they do through the chunks of a whole build.
 */

/** Source of a shared module -> its output under build/backend, without `.js`. */
export type SharedModules = ReadonlyMap<string, string>

/** Modules that at least two of the sources use. CommonJS modules stay in the bundles: they can't export by name. */
export function findShared(metafile: Metafile, sources: readonly string[]): SharedModules {
  const uses = new Map<string, number>()
  for (const source of sources) {
    for (const input of inputsOf(metafile, source)) uses.set(input, (uses.get(input) ?? 0) + 1)
  }
  const shared = new Map<string, string>()
  for (const [path, count] of uses) {
    const isModule = /\.[cm]?[jt]sx?$/.test(path) && metafile.inputs[path]?.format !== 'cjs'
    if (count < 2 || !isModule || sources.includes(path)) continue
    shared.set(path, `shared/${path.replaceAll('../', 'up/').replaceAll(/[.:]/g, '_')}`)
  }
  return shared
}

/** Leaves imports of shared modules to their own outputs. */
export function externalShared(workspace: string, shared: SharedModules): Plugin {
  return {
    name: 'webstir-shared',
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (pluginData === RESOLVING || kind === 'entry-point' || path.startsWith(FROM_BUILD)) return undefined
        const known = path.startsWith('.') ? outputOf(resolve(resolveDir, path)) : undefined
        if (known !== undefined) return { path: known, external: true }
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: RESOLVING })
        if (found.errors.length > 0 || found.external || found.namespace !== 'file') return found
        const output = outputOf(found.path)
        return output === undefined ? found : { path: output, external: true }
      })
    },
  }

  function outputOf(path: string): string | undefined {
    const output = shared.get(relative(workspace, path).replaceAll('\\', '/'))
    return output === undefined ? undefined : `${FROM_BUILD}${output}.js`
  }
}

/** Tells our own question to esbuild's resolver from the import that it is about. */
const RESOLVING = Symbol('resolving')

/** The metafile's graph with imports of shared outputs put back to their sources. */
export function withSharedSources(metafile: Metafile, shared: SharedModules): Metafile['inputs'] {
  const sources = new Map([...shared].map(([source, output]) => [`${FROM_BUILD}${output}.js`, source]))
  return Object.fromEntries(
    Object.entries(metafile.inputs).map(([path, input]) => {
      const imports = input.imports.map((imported) => {
        const source = sources.get(imported.path)
        return source === undefined ? imported : { path: source, kind: imported.kind }
      })
      return [path, { ...input, imports }]
    }),
  )
}
