import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import type { BuildInfo, BuiltJob, Manifest } from '../../runtime/manifest/index.ts'
import { MANIFEST_COPY, PACKAGES_FILE } from '../../runtime/manifest/load.ts'
import { VERSION } from '../../runtime/support/version.ts'
import { CommandError } from '../command-line/errors.ts'
import { type Bundle, bundleInto } from './bundle.ts'
import { BuildError, type Diagnostic, manifestDiagnostic, warning } from './diagnostics.ts'
import { type Entries, entryPoints, findEntries, moduleOutputs } from './entries.ts'
import { INPUTS_FILE, inputsOfBuild } from './freshness.ts'
import { builtJobs } from './job-facts.ts'
import { externalPackages, notInstalled, packageImporters } from './packages.ts'
import { discard, type OutputFiles, publish, stagingFolder } from './publish.ts'
import { type RuntimeFiles, runtimeFiles } from './runtime-files.ts'
import { checkTypes, type TypeCheck } from './type-check.ts'
import { undeclaredJobs, writtenNames } from './undeclared-jobs.ts'
import type { WorkspaceManifest } from './workspace-manifest.ts'

export interface BuildRequest {
  /** Absolute path. */
  readonly workspace: string
  readonly typeCheck: boolean
}

export interface BuildReport {
  /** Names of the jobs whose modules were built. */
  readonly jobs: readonly string[]
  readonly typeCheck: TypeCheck['outcome'] | 'off'
  /** Warnings; with an error there is no report. */
  readonly diagnostics: readonly Diagnostic[]
  readonly manifest: Manifest
  readonly entries: Entries
  readonly metafile: Metafile
  /** What the bundles tell about each job's module. */
  readonly facts: Readonly<Record<string, BuiltJob>>
  readonly durationMs: number
}

/**
 * Builds src/backend into build/backend. Throws BuildError, and then the build before is still in place; throws
 * ManifestError where package.json can't be read at all.
 */
export async function buildBackend({ workspace: asked, typeCheck }: BuildRequest): Promise<BuildReport> {
  // As the bundler tells paths: without symbolic links.
  const workspace = realpathSync(asked)
  const began = performance.now()
  const startedAt = Date.now()
  const staged = stagingFolder(workspace)
  const abandon = new AbortController()
  const types = typeCheck ? checkTypes(workspace, abandon.signal) : undefined
  // Awaited below; without this, its rejection would be unhandled when something else fails first.
  types?.catch(() => {})
  try {
    const runtime = runtimeFiles()
    const { read, entries, bundled } = await bundleWhileReading(workspace, staged, runtime)
    const [checked] = await Promise.allSettled([types])
    if (checked.status === 'rejected') throw checked.reason
    const fromBundler =
      bundled.status === 'fulfilled' ? bundleDiagnostics(workspace, bundled.value) : diagnosticsOf(bundled.reason)
    const diagnostics = [
      ...manifestDiagnostics(read, entries),
      ...fromBundler,
      ...notToldBy(fromBundler, checked.value?.diagnostics ?? []),
    ]
    if (bundled.status === 'rejected' || diagnostics.some(({ severity }) => severity === 'error')) {
      throw new BuildError(diagnostics)
    }
    const { metafile } = bundled.value
    const facts = builtJobs(entries, bundled.value)
    const info = infoFiles(workspace, read, entries, { facts, metafile, runtime, startedAt, folder: staged })
    await publish(workspace, staged, info, runtime)
    return {
      jobs: [...entries.jobs.keys()],
      typeCheck: checked.value?.outcome ?? 'off',
      diagnostics,
      manifest: read.manifest,
      entries,
      metafile,
      facts,
      durationMs: Math.round(performance.now() - began),
    }
  } catch (error) {
    discard(staged)
    throw error
  } finally {
    abandon.abort()
  }
}

/**
 * The bundler is at work while the manifest is read and validated. The manifest names at most one module that it doesn't
 * know beforehand; then it begins anew. When this is over, with whatever outcome, nothing is written any more.
 */
async function bundleWhileReading(
  workspace: string,
  staged: string,
  runtime: RuntimeFiles,
): Promise<{ read: WorkspaceManifest; entries: Entries; bundled: PromiseSettledResult<Bundle> }> {
  const guess = findEntries(workspace, undefined)
  const [guessed, read] = await Promise.allSettled([bundle(workspace, staged, guess, runtime), readLate(workspace)])
  if (read.status === 'rejected') throw read.reason
  const { hooks } = read.value.manifest.settings
  refuseMissingHooks(workspace, hooks)
  const entries = findEntries(workspace, hooks)
  if (entries.modules.hooks === guess.modules.hooks) return { read: read.value, entries, bundled: guessed }
  discard(staged)
  const [bundled] = await Promise.allSettled([bundle(workspace, staged, entries, runtime)])
  return { read: read.value, entries, bundled }
}

function refuseMissingHooks(workspace: string, hooks: string | undefined): void {
  if (hooks === undefined || existsSync(join(workspace, hooks))) return
  throw new CommandError('HOOKS_MISSING', `package.json: webstir.scheduler.hooks: there is no ${hooks}`, {
    hint: 'write the path of the module relative to the workspace, or remove the key',
  })
}

/** Loads what reads the manifest only now, when the bundler has begun. */
async function readLate(workspace: string): Promise<WorkspaceManifest> {
  const { readForBuild } = await import('./workspace-manifest.ts')
  return readForBuild(workspace)
}

async function bundle(workspace: string, staged: string, entries: Entries, runtime: RuntimeFiles): Promise<Bundle> {
  const points = entryPoints(entries)
  if (Object.keys(points).length > 0) return bundleInto(staged, workspace, points, runtime.folder)
  return { text: () => undefined, metafile: { inputs: {}, outputs: {} }, warnings: [] }
}

/** Diagnostics of how the manifest, the modules and the installed packages fit together. */
export function manifestDiagnostics({ manifest, missing }: WorkspaceManifest, entries: Entries): Diagnostic[] {
  return [
    ...manifest.problems.map(manifestDiagnostic),
    ...undeclaredJobs(manifest, writtenNames(manifest), entries),
    ...missing.map(({ message, hint }) => warning(message, hint)),
  ]
}

/** The bundler's diagnostics of what it has bundled. */
export function bundleDiagnostics(workspace: string, { warnings, metafile }: Bundle): Diagnostic[] {
  return [...warnings, ...notInstalled(workspace, externalPackages(metafile))]
}

/** The files in which a build says what it found out and what it was made from. `startedAt`: ms since the epoch. */
export function infoFiles(
  workspace: string,
  { text, snapshot }: WorkspaceManifest,
  entries: Entries,
  build: {
    readonly facts: Readonly<Record<string, BuiltJob>>
    readonly metafile: Metafile
    readonly runtime: RuntimeFiles
    readonly startedAt: number
    /** Where the outputs are; absolute. */
    readonly folder: string
  },
): OutputFiles {
  const info: BuildInfo = {
    format: 1,
    builtAt: new Date(build.startedAt).toISOString(),
    version: VERSION,
    jobs: build.facts,
    modules: moduleOutputs(entries),
    snapshot,
  }
  const inputs = inputsOfBuild(workspace, entries, build.metafile, build)
  return new Map([
    // What is built are ES modules, whatever the workspace's own package.json says of its sources.
    ['package.json', '{ "private": true, "type": "module" }\n'],
    ['webstir/build.json', JSON.stringify(info)],
    [`webstir/${MANIFEST_COPY}`, text],
    [INPUTS_FILE, JSON.stringify(inputs)],
    [PACKAGES_FILE, JSON.stringify(packageImporters(build.metafile))],
  ])
}

function diagnosticsOf(reason: unknown): readonly Diagnostic[] {
  if (reason instanceof BuildError) return reason.diagnostics
  throw reason
}

/** The compiler's diagnostics, without those of lines of which the bundler complains too. */
function notToldBy(bundler: readonly Diagnostic[], compiler: readonly Diagnostic[]): Diagnostic[] {
  const lines = new Set(bundler.map(({ file, line }) => `${file}:${line}`))
  return compiler.filter(({ file, line }) => !lines.has(`${file}:${line}`))
}
