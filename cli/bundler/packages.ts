import { isBuiltin } from 'node:module'
import type { Metafile, Plugin } from 'esbuild'
import { isInstalled } from '../workspace/installed.ts'
import type { BuildSettings } from './build-settings.ts'
import { type Diagnostic, warning } from './diagnostics.ts'
import { FROM_BUILD, OUTPUT_FOLDER } from './output-text.ts'

/** `@scope/name/part` -> `@scope/name`. */
export function packageName(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

/** A package that stays outside of the build: it has to be installed where that runs. */
export interface ExternalPackage {
  readonly name: string
  /** The first source that imports it; relative to the workspace. */
  readonly importer: string
  /** False where only `import()` and `require` ask for it, which may well catch that it isn't there. */
  readonly isRequired: boolean
}

/** The packages that a build leaves outside, by name. */
export function externalPackages({ inputs }: Pick<Metafile, 'inputs'>): ExternalPackage[] {
  const found = new Map<string, ExternalPackage>()
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, kind, external } of imports) {
      if (external !== true || path.startsWith(FROM_BUILD) || /^[./]|^[a-z]+:/i.test(path) || isBuiltin(path)) continue
      const name = packageName(path)
      const known = found.get(name)
      const isRequired = kind === 'import-statement'
      if (known === undefined || (isRequired && !known.isRequired)) found.set(name, { name, importer, isRequired })
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * For each package that stays outside, the sources that import it: by the output that they became part of, and one of them
 * all under `*`, as outputs are not known of a build that is watched.
 */
export function packageImporters({ inputs, outputs }: Metafile): Record<string, Record<string, string>> {
  const table = Object.fromEntries(externalPackages({ inputs }).map(({ name, importer }) => [name, { '*': importer }]))
  for (const [path, output] of Object.entries(outputs)) {
    const own = Object.fromEntries(Object.keys(output.inputs).map((source) => [source, inputs[source]]))
    for (const [source, input] of Object.entries(own)) {
      for (const { path: imported, external } of input?.imports ?? []) {
        const importers: Record<string, string> | undefined =
          external === true ? table[packageName(imported)] : undefined
        if (importers !== undefined) importers[path.slice(OUTPUT_FOLDER.length + 1)] ??= source
      }
    }
  }
  return table
}

/** What is imported and can't be found from the workspace, so that the job would fail when it is loaded. */
export function notInstalled(workspace: string, packages: readonly ExternalPackage[]): Diagnostic[] {
  return packages
    .filter(({ name, isRequired }) => isRequired && !isInstalled(workspace, name))
    .map(({ name, importer }) =>
      warning(`${name} is not installed in this workspace`, `install it, or remove the import`, importer),
    )
}

/** Makes packages part of the build, and what these import; all others stay outside, as they do without it. */
export function bundledPackages(workspace: string, { bundle }: BuildSettings): Plugin {
  const isBundled = (path: string): boolean => bundle === 'all' || bundle.includes(packageName(path))
  return {
    name: 'webstir-packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData === RESOLVING || path.startsWith(FROM_BUILD)) return undefined
        if (isBuiltin(path)) return { path, external: true }
        if (isBundled(path) || /[\\/]node_modules[\\/]/.test(importer)) {
          const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: RESOLVING })
          // An optional dependency of a package, mostly, which the package does without.
          return found.errors.length > 0 && !isBundled(path) ? { path, external: true } : found
        }
        // What no package is called is an alias of the compiler's settings.
        return isInstalled(workspace, packageName(path)) ? { path, external: true } : undefined
      })
    },
  }
}

/** Tells our own question to esbuild's resolver from the import that it is about. */
const RESOLVING = Symbol('resolving')
