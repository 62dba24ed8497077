import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { BuildContext, Metafile } from 'esbuild'
import type { BuiltJob } from '../../../runtime/manifest/index.ts'
import { type BuildReport, buildBackend, infoFiles, manifestDiagnostics } from '../build.ts'
import { type BuildSettings, readBuildSettings } from '../build-settings.ts'
import { type BundleInMemory, bundleOptions, finishBundle, runBundler } from '../bundle.ts'
import { BuildError, type Diagnostic } from '../diagnostics.ts'
import { type Entries, entryPoints, findEntries } from '../entries.ts'
import { context, build as esbuild } from '../esbuild.ts'
import { builtJobs, inputsOf } from '../job-facts.ts'
import { OUTPUT_FOLDER } from '../output-text.ts'
import { publishFiles } from '../publish.ts'
import { type RuntimeFiles, runtimeFiles } from '../runtime-files.ts'
import { TYPE_CONFIGS } from '../type-check.ts'
import { readForBuild, type WorkspaceManifest } from '../workspace-manifest.ts'
import { externalShared, findShared, type SharedModules, withSharedSources } from './shared-modules.ts'
import { FileStamps, type SourceTree, sourceTree } from './source-changes.ts'

/** Files beside the sources that the build or the scheduler depends on. */
const BESIDE = ['package.json', ...TYPE_CONFIGS, '.env', '.env.local', '.env.development', '.env.development.local']

/** `whole`: everything; `part`: some bundles; `manifest`: what was read from package.json; `environment`: nothing. */
type Scope = 'whole' | 'part' | 'manifest' | 'environment'

export interface Update {
  readonly scope: Scope
  /** How many jobs were built. */
  readonly jobs: number
  readonly diagnostics: readonly Diagnostic[]
  readonly durationMs: number
}

/** What was built, and what is needed to build a part of it again. */
interface Built {
  readonly runtime: RuntimeFiles
  readonly entries: Entries
  readonly points: Readonly<Record<string, string>>
  readonly shared: SharedModules
  readonly sharedBuild: BuildContext<ReturnType<typeof bundleOptions>> | null
  readonly read: WorkspaceManifest
  readonly inputs: Metafile['inputs']
  readonly facts: Readonly<Record<string, BuiltJob>>
  readonly settings: BuildSettings
}

type Result = Pick<Update, 'jobs' | 'diagnostics'>

/** A build that is kept up to date: a change rebuilds what it concerns, and a failure leaves the last good build. */
export class IncrementalBuild {
  readonly #workspace: string
  readonly #stamps: FileStamps
  #built: Built | null = null
  #tree: SourceTree = { folders: [], files: [] }
  /** Changes that no build has taken in yet. */
  readonly #pending = new Set<string>()

  constructor(workspace: string) {
    // As the bundler tells paths: without symbolic links.
    this.#workspace = realpathSync(workspace)
    this.#stamps = new FileStamps(this.#workspace)
  }

  /** Builds what has changed since the last call, everything the first time; null where nothing has. Throws BuildError. */
  async update(): Promise<Update | null> {
    const began = performance.now()
    const readAt = Date.now()
    for (const path of this.#stamps.changes()) this.#pending.add(path)
    this.#tree = sourceTree(this.#workspace)
    const hasNew = this.#stamps.add([...BESIDE, ...this.#tree.files], readAt)
    if (!hasNew && this.#pending.size === 0) return null
    const built = this.#built
    const scope = built === null ? 'whole' : this.#scopeOf(built)
    const taken = [...this.#pending]
    this.#pending.clear()
    if (scope === null) return null
    try {
      const result =
        built === null || scope === 'whole' ? await this.#buildWhole() : await this.#buildPart(built, scope, taken)
      return { scope, ...result, durationMs: Math.round(performance.now() - began) }
    } catch (error) {
      // They are still to be built, but not before something else has changed.
      this.#failed = taken
      throw error
    }
  }

  #failed: readonly string[] = []

  /** False until a build has gone well. */
  get isBuilt(): boolean {
    return this.#built !== null
  }

  /** Folders in which a change may matter; absolute. */
  folders(): Set<string> {
    const inputs = Object.keys(this.#built?.inputs ?? {})
    return new Set([
      this.#workspace,
      join(this.#workspace, 'src'),
      ...this.#tree.folders,
      ...inputs.map((path) => dirname(join(this.#workspace, path))),
    ])
  }

  async close(): Promise<void> {
    await this.#built?.sharedBuild?.dispose()
    this.#built = null
  }

  #scopeOf(built: Built): Scope | null {
    for (const path of this.#failed) this.#pending.add(path)
    const pending = [...this.#pending]
    const entries = findEntries(this.#workspace, built.read.manifest.settings.hooks)
    if (!isSame(entryPoints(entries), built.points) || TYPE_CONFIGS.some((path) => pending.includes(path)))
      return 'whole'
    const sources = pending.filter((path) => built.inputs[path] !== undefined)
    if (sources.some((path) => !existsSync(join(this.#workspace, path)))) return 'whole'
    if (pending.includes('package.json') && !isDeepStrictEqual(readBuildSettings(this.#workspace), built.settings)) {
      return 'whole'
    }
    if (sources.length > 0) return 'part'
    if (pending.includes('package.json')) return 'manifest'
    return pending.some((path) => BESIDE.includes(path)) ? 'environment' : null
  }

  async #buildWhole(): Promise<Result> {
    const readAt = Date.now()
    await this.close()
    const report = await buildBackend({ workspace: this.#workspace, typeCheck: false })
    this.#stamps.add(Object.keys(report.metafile.inputs), readAt)
    this.#built = await this.#layOut(report)
    this.#failed = []
    return { jobs: report.jobs.length, diagnostics: report.diagnostics }
  }

  /** Gives shared modules separate outputs, so that from now on parts can be built. */
  async #layOut({ entries, metafile, facts }: BuildReport): Promise<Built> {
    const runtime = runtimeFiles()
    const read = await readForBuild(this.#workspace)
    const points = entryPoints(entries)
    const shared = findShared(metafile, Object.values(points))
    const settings = readBuildSettings(this.#workspace)
    const whole = { runtime, entries, points, shared, read, inputs: metafile.inputs, facts, settings }
    if (shared.size === 0) return { ...whole, sharedBuild: null }
    const sharedPoints = Object.fromEntries([...shared].map(([source, output]) => [output, source]))
    const options = bundleOptions(this.#workspace, sharedPoints, runtime.folder)
    const sharedBuild = await context({ ...options, chunkNames: 'shared/chunks/[name]-[hash]' })
    const built = { ...whole, sharedBuild }
    const [ofShared, ofEntries] = await Promise.all([
      runBundler(() => sharedBuild.rebuild()),
      this.#bundle(built, points),
    ])
    publishFiles(this.#workspace, finishBundle(this.#workspace, ofShared).files)
    publishFiles(this.#workspace, ofEntries.files)
    return built
  }

  async #buildPart(built: Built, scope: Scope, changed: readonly string[]): Promise<Result> {
    if (scope === 'environment') return { jobs: 0, diagnostics: [] }
    const readAt = Date.now()
    const read = changed.includes('package.json') ? await readForBuild(this.#workspace) : built.read
    const diagnostics = manifestDiagnostics(read, built.entries)
    if (diagnostics.some(({ severity }) => severity === 'error')) throw new BuildError(diagnostics)

    const { sharedBuild } = built
    const concerned = entriesWith(built, changed)
    const bundles: BundleInMemory[] = []
    if (sharedBuild !== null && concernsShared(built, changed)) {
      bundles.push(finishBundle(this.#workspace, await runBundler(() => sharedBuild.rebuild())))
    }
    if (Object.keys(concerned).length > 0) bundles.push(await this.#bundle(built, concerned))
    const inputs = { ...built.inputs }
    for (const { metafile } of bundles) Object.assign(inputs, withSharedSources(metafile, built.shared))
    if (sharesAnew(built, inputs)) return this.#buildWhole()

    const jobs = new Map([...built.entries.jobs].filter(([, source]) => Object.values(concerned).includes(source)))
    const facts = { ...built.facts }
    for (const bundle of bundles) publishFiles(this.#workspace, bundle.files)
    const last = bundles.at(-1)
    for (const name of jobs.keys()) delete facts[name]
    if (last !== undefined) Object.assign(facts, builtJobs({ ...built.entries, jobs }, last))
    this.#built = { ...built, read, inputs, facts }
    const folder = join(this.#workspace, OUTPUT_FOLDER)
    const info = { facts, metafile: { inputs, outputs: {} }, runtime: built.runtime, startedAt: readAt, folder }
    publishFiles(this.#workspace, infoFiles(this.#workspace, read, built.entries, info))
    this.#stamps.add(Object.keys(inputs), readAt)
    this.#failed = []
    return { jobs: jobs.size, diagnostics: [...diagnostics, ...bundles.flatMap(({ warnings }) => warnings)] }
  }

  async #bundle(
    { shared, runtime }: Pick<Built, 'shared' | 'runtime'>,
    points: Record<string, string>,
  ): Promise<BundleInMemory> {
    const options = bundleOptions(this.#workspace, points, runtime.folder)
    const plugins = [
      ...(options.plugins ?? []),
      ...(shared.size === 0 ? [] : [externalShared(this.#workspace, shared)]),
    ]
    return finishBundle(this.#workspace, await runBundler(() => esbuild({ ...options, splitting: false, plugins })))
  }
}

/** The entry points whose own bundles hold one of the files; what lies behind shared modules is not in them. */
function entriesWith({ inputs, shared, points }: Built, files: readonly string[]): Record<string, string> {
  const own = Object.fromEntries(Object.entries(inputs).filter(([path]) => !shared.has(path)))
  const graph = { inputs: own, outputs: {} }
  return Object.fromEntries(
    Object.entries(points).filter(([, source]) => inputsOf(graph, source).some((path) => files.includes(path))),
  )
}

function concernsShared({ shared, inputs }: Built, files: readonly string[]): boolean {
  const graph = { inputs, outputs: {} }
  return [...shared.keys()].some((source) => inputsOf(graph, source).some((path) => files.includes(path)))
}

/** True where a module has come to be used by several entries that was not so before. */
function sharesAnew({ points, shared }: Built, inputs: Metafile['inputs']): boolean {
  const now = findShared({ inputs, outputs: {} }, Object.values(points))
  return [...now.keys()].some((source) => !shared.has(source))
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
