import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { BuildFailure, BuildOptions, BuildResult, Message, Metafile, Plugin } from 'esbuild'
import { type Assets, assetFiles, findAssets, withAssetInputs, withAssets } from './assets.ts'
import { readBuildSettings } from './build-settings.ts'
import { BuildError, type Diagnostic } from './diagnostics.ts'
import { build as esbuild } from './esbuild.ts'
import { EPILOGUE, FROM_BUILD, mustSettle, OUTPUT_FOLDER, PROLOGUE, settled } from './output-text.ts'
import { bundledPackages } from './packages.ts'

/** Paths are those under build/backend, `/` between folders; in the metafile, those under the workspace. */
export interface Bundle {
  /** Of an output; undefined where it is none. */
  text(path: string): string | undefined
  readonly metafile: Metafile
  readonly warnings: readonly Diagnostic[]
}

export interface BundleInMemory extends Bundle {
  /** Path -> contents. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
}

/** esbuild's options for entry points of a workspace; the outputs are to be settled. As they are, nothing is written. */
export function bundleOptions(
  workspace: string,
  entryPoints: Record<string, string>,
  runtimeFolder: string,
): BuildOptions & { write: false; metafile: true } {
  const settings = readBuildSettings(workspace)
  return {
    absWorkingDir: workspace,
    // With "./", a source that has just gone is a missing file and not a package to be left outside.
    entryPoints: Object.fromEntries(Object.entries(entryPoints).map(([output, source]) => [output, `./${source}`])),
    outdir: OUTPUT_FOLDER,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    ...(settings.bundle.length === 0 ? { packages: 'external' } : {}),
    sourcemap: settings.sourceMaps ? 'linked' : false,
    // The sources are where the map says; with them in it, a map is three times as large.
    sourcesContent: false,
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    logLevel: 'silent',
    banner: { js: PROLOGUE },
    footer: { js: EPILOGUE },
    // The module that Node was started with is run by our own runner, whatever it asks.
    define: { 'import.meta.main': 'false' },
    metafile: true,
    write: false,
    plugins: [
      sharedRuntime(runtimeFolder),
      ...(settings.bundle.length === 0 ? [] : [bundledPackages(workspace, settings)]),
    ],
  }
}

/** Lets every import of this package end at the one copy of the runtime in build/backend/webstir. */
function sharedRuntime(runtimeFolder: string): Plugin {
  return {
    name: 'webstir-runtime',
    setup(build) {
      build.onResolve({ filter: /^webstir-jobs(?:\/|$)/ }, ({ path }) => {
        const file = `${path.slice('webstir-jobs/'.length) || 'index'}.js`
        const isThere = existsSync(join(runtimeFolder, file))
        return isThere ? { path: `${FROM_BUILD}webstir/${file}`, external: true } : { path, external: true }
      })
    },
  }
}

/** Runs esbuild, which may be a fresh build or the rebuild of a context. Throws BuildError. */
export async function runBundler<Result extends BuildResult>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    throw new BuildError([...error.errors.map(failure), ...error.warnings.map(caution)])
  }
}

/** The outputs of a build, settled. */
export function finishBundle(
  workspace: string,
  { outputFiles, metafile, warnings }: BuildResult<{ write: false; metafile: true }>,
): BundleInMemory {
  const folder = join(workspace, OUTPUT_FOLDER)
  const assets = findAssets(workspace, metafile)
  const files = new Map<string, string | Uint8Array>()
  for (const file of outputFiles) {
    const path = file.path.slice(folder.length + 1).replaceAll('\\', '/')
    const output = metafile.outputs[`${OUTPUT_FOLDER}/${path}`]
    if (output === undefined || !mustSettle(path, output, metafile.inputs)) files.set(path, file.contents)
    else files.set(path, settled(path, output, file.text))
    if (output === undefined || !namesAssets(output, assets)) continue
    files.set(path, withAssets(path, textFrom(files.get(path)) ?? '', assets))
  }
  for (const [target, source] of assetFiles(assets)) files.set(target, readFileSync(join(workspace, source)))
  const text = (path: string): string | undefined => textFrom(files.get(path))
  const all = [...warnings.map(caution), ...assets.warnings]
  return { files, text, metafile: withAssetInputs(metafile, assets), warnings: all }
}

const textFrom = (contents: string | Uint8Array | undefined): string | undefined =>
  contents instanceof Uint8Array ? Buffer.from(contents).toString('utf8') : contents

const namesAssets = ({ inputs }: Metafile['outputs'][string], { bySource }: Assets): boolean =>
  bySource.size > 0 && Object.keys(inputs).some((source) => bySource.has(source))

/**
 * Bundles into a folder that is to become build/backend, beside which it is. esbuild writes the outputs itself, many at
 * once, which `npm run bench -- build` shows; the few that have to be changed are changed afterwards. Throws BuildError.
 */
export async function bundleInto(
  folder: string,
  workspace: string,
  entryPoints: Record<string, string>,
  runtimeFolder: string,
): Promise<Bundle> {
  const options = bundleOptions(workspace, entryPoints, runtimeFolder)
  const result = await runBundler(() => esbuild({ ...options, outdir: folder, write: true }))
  const metafile = movedTo(OUTPUT_FOLDER, relative(workspace, folder).replaceAll('\\', '/'), result.metafile)
  const text = (path: string): string | undefined => textOf(join(folder, path))
  const assets = findAssets(workspace, metafile)
  for (const [place, output] of Object.entries(metafile.outputs)) {
    const path = place.slice(OUTPUT_FOLDER.length + 1)
    const isNaming = namesAssets(output, assets)
    const isUnsettled = mustSettle(path, output, metafile.inputs)
    if (!isNaming && !isUnsettled) continue
    const written = isUnsettled ? settled(path, output, text(path) ?? '') : (text(path) ?? '')
    writeFileSync(join(folder, path), isNaming ? withAssets(path, written, assets) : written)
  }
  for (const [target, source] of assetFiles(assets)) {
    mkdirSync(dirname(join(folder, target)), { recursive: true })
    copyFileSync(join(workspace, source), join(folder, target))
  }
  const warnings = [...result.warnings.map(caution), ...assets.warnings]
  return { text, metafile: withAssetInputs(metafile, assets), warnings }
}

/** The metafile of a build as it would be if it had gone to another folder. */
function movedTo(folder: string, from: string, { inputs, outputs }: Metafile): Metafile {
  const moved = (path: string): string => (path.startsWith(`${from}/`) ? folder + path.slice(from.length) : path)
  const entries = Object.entries(outputs).map(([path, output]) => {
    const imports = output.imports.map((imported) => ({ ...imported, path: moved(imported.path) }))
    return [moved(path), { ...output, imports }] as const
  })
  return { inputs, outputs: Object.fromEntries(entries) }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const failure = (message: Message): Diagnostic => ({ ...located(message), severity: 'error' })
const caution = (message: Message): Diagnostic => ({ ...located(message), severity: 'warning' })

function located({ text, location, notes }: Message): Omit<Diagnostic, 'severity'> {
  return {
    file: location?.file ?? null,
    line: location?.line ?? null,
    column: location === null ? null : location.column + 1,
    message: text,
    hint: notes[0]?.text ?? null,
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && 'warnings' in error
}
