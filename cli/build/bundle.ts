import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildFailure, BuildOptions, BuildResult, Message, Metafile, OutputFile, Plugin } from 'esbuild'
import { BuildError } from './build-error.ts'
import type { Diagnostic } from './diagnostic.ts'

export const OUTPUT_FOLDER = 'build/backend'

/** What stands for a path under build/backend in an import until it is known how deep the importing file lies. */
export const FROM_BUILD = 'webstir-build:'

/**
 * A job's module runs the job when it is what Node was started with. That is looked into only where it may be so: under
 * the scheduler, one file less is loaded with each job.
 */
const RUN_IF_MAIN = `
if (!process.argv[1]?.endsWith('scheduler.js')) {
  void import('${FROM_BUILD}webstir/direct.js').then(({ runIfMain }) => runIfMain(import.meta.url));
}
`

export interface Bundle {
  /** Path under build/backend -> contents. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
  readonly metafile: Metafile
  readonly warnings: readonly Diagnostic[]
}

/** esbuild's options for entry points of a workspace. Nothing is written: the outputs are finished and placed by us. */
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
export async function runBundler(
  run: () => Promise<BuildResult<{ write: false; metafile: true }>>,
): Promise<BuildResult<{ write: false; metafile: true }>> {
  try {
    return await run()
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    throw new BuildError([...error.errors.map(failure), ...error.warnings.map(caution)])
  }
}

/** The outputs of a build, their imports and footers settled. */
export function finishBundle(workspace: string, result: BuildResult<{ write: false; metafile: true }>): Bundle {
  const folder = join(workspace, OUTPUT_FOLDER)
  const files = new Map<string, string | Uint8Array>()
  for (const file of result.outputFiles) {
    const path = file.path.slice(folder.length + 1).replaceAll('\\', '/')
    const output = result.metafile.outputs[`${OUTPUT_FOLDER}/${path}`]
    files.set(path, output === undefined ? file.contents : finishFile(path, file, output))
  }
  return { files, metafile: result.metafile, warnings: result.warnings.map(caution) }
}

function finishFile(path: string, file: OutputFile, output: Metafile['outputs'][string]): string | Uint8Array {
  const isJob = output.entryPoint !== undefined && /^jobs\/[^/]+\/index\.js$/.test(path)
  const isBound = output.imports.some((imported) => imported.path.startsWith(FROM_BUILD))
  if (!isJob && !isBound) return file.contents
  const up = '../'.repeat(path.split('/').length - 1) || './'
  const text = isJob ? file.text + RUN_IF_MAIN : file.text
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
