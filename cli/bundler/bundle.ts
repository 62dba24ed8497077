import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { BuildFailure, BuildOptions, BuildResult, Message, Metafile, Plugin } from 'esbuild'
import { BuildError, type Diagnostic } from './diagnostics.ts'
import { build as esbuild } from './esbuild.ts'

export const OUTPUT_FOLDER = 'build/backend'

/** What stands for a path under build/backend in an import until it is known how deep the importing file lies. */
export const FROM_BUILD = 'webstir-build:'

/** As a job's built module reaches it. */
const DIRECT = '../../webstir/direct.js'

/**
 * A job's module, `jobs/NAME/index.js`, runs the job when it is what Node was started with. That is looked into only
 * where it may be so: under the scheduler, one file less is loaded with each job.
 */
const RUN_IF_MAIN = `
if (!process.argv[1]?.endsWith('scheduler.js')) {
  void import('${DIRECT}').then(({ runIfMain }) => runIfMain(import.meta.url));
}
`

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

/** esbuild's options for entry points of a workspace, to be finished and placed by us: as they are, nothing is written. */
export function bundleOptions(
  workspace: string,
  entryPoints: Record<string, string>,
  runtimeFolder: string,
): BuildOptions & { write: false; metafile: true } {
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
    packages: 'external',
    sourcemap: 'linked',
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    logLevel: 'silent',
    metafile: true,
    write: false,
    plugins: [sharedRuntime(runtimeFolder)],
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

/** The outputs of a build, their imports and footers settled. */
export function finishBundle(
  workspace: string,
  { outputFiles, metafile, warnings }: BuildResult<{ write: false; metafile: true }>,
): BundleInMemory {
  const folder = join(workspace, OUTPUT_FOLDER)
  const files = new Map<string, string | Uint8Array>()
  for (const file of outputFiles) {
    const path = file.path.slice(folder.length + 1).replaceAll('\\', '/')
    const output = metafile.outputs[`${OUTPUT_FOLDER}/${path}`]
    if (output === undefined || !(isJob(path, output) || isBound(output))) files.set(path, file.contents)
    else files.set(path, bound(path, isJob(path, output) ? file.text + RUN_IF_MAIN : file.text))
  }
  const text = (path: string): string | undefined => {
    const contents = files.get(path)
    return contents instanceof Uint8Array ? Buffer.from(contents).toString('utf8') : contents
  }
  return { files, text, metafile, warnings: warnings.map(caution) }
}

/**
 * Bundles into a folder that is to become build/backend, beside which it stands. esbuild writes the outputs itself, many
 * at once, each with a job's footer; the few that need something else are changed afterwards. Throws BuildError.
 */
export async function bundleInto(
  folder: string,
  workspace: string,
  entryPoints: Record<string, string>,
  runtimeFolder: string,
): Promise<Bundle> {
  const options = bundleOptions(workspace, entryPoints, runtimeFolder)
  const result = await runBundler(() =>
    esbuild({ ...options, outdir: folder, footer: { js: RUN_IF_MAIN }, write: true }),
  )
  const metafile = movedTo(OUTPUT_FOLDER, relative(workspace, folder).replaceAll('\\', '/'), result.metafile)
  const text = (path: string): string | undefined => textOf(join(folder, path))
  for (const [place, output] of Object.entries(metafile.outputs)) {
    const path = place.slice(OUTPUT_FOLDER.length + 1)
    if (!path.endsWith('.js') || (isJob(path, output) && !isBound(output))) continue
    const written = text(path) ?? ''
    writeFileSync(join(folder, path), bound(path, isJob(path, output) ? written : written.replace(RUN_IF_MAIN, '')))
  }
  return { text, metafile, warnings: result.warnings.map(caution) }
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

type Output = Metafile['outputs'][string]

const isJob = (path: string, { entryPoint }: Output): boolean =>
  entryPoint !== undefined && /^jobs\/[^/]+\/index\.js$/.test(path)

/** Whether it imports something whose place was not known while it was bundled. */
const isBound = ({ imports }: Output): boolean => imports.some(({ path }) => path.startsWith(FROM_BUILD))

function bound(path: string, text: string): string {
  const up = '../'.repeat(path.split('/').length - 1) || './'
  return text.replaceAll(new RegExp(`(["'])${FROM_BUILD}`, 'g'), `$1${up}`)
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
