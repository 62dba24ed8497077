import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Env } from '../support/env.ts'
import { applySwitches } from './environment.ts'
import { readPackageJson } from './package-json.ts'
import { type Snapshot, unpackManifest } from './snapshot.ts'
import type { Manifest } from './types.ts'

/** The copy of package.json that the build leaves beside `build.json`: what the snapshot was made from. */
export const MANIFEST_COPY = 'package.json.txt'

/** In a build: the packages that it has left outside, and for each the sources that import it, by output. */
export const PACKAGES_FILE = 'webstir/packages.json'

export interface LoadOptions {
  /** Absolute path of the workspace. */
  readonly workspace: string
  /** Path of `build.json`, or what was read from it already. */
  readonly buildInfo?: string | undefined
  readonly info?: BuildInfo | null
  readonly env: Env
}

/**
 * The manifest as the built scheduler loads it. Where package.json is, byte for byte, what the build validated, the
 * snapshot of the build is opened (a thousand jobs in a few milliseconds); otherwise the manifest is read and
 * validated anew. Throws ManifestError as `readManifest` does.
 */
export async function loadManifest({ workspace, buildInfo, info, env }: LoadOptions): Promise<Manifest> {
  const written = readPackageJson(workspace)
  if (buildInfo !== undefined && isCopy(written, join(dirname(buildInfo), MANIFEST_COPY))) {
    const { snapshot } = info ?? readBuildInfo(buildInfo) ?? { snapshot: null }
    if (snapshot !== null) {
      return applySwitches(unpackManifest(snapshot, workspace), env)
    }
  }
  const { readManifestText } = await import('./parse/parse-manifest.ts')
  return readManifestText(workspace, written.toString('utf8'), env)
}

/** What the build found out about a job's module. */
export interface BuiltJob {
  /** Its source, relative to the workspace: `src/backend/jobs/nightly/index.ts`. */
  readonly source: string
  /** Names that its module exports, `default` among them. */
  readonly exports: readonly string[]
  /** True where the module may declare schedules in `meta`, so that listing must import it. */
  readonly meta: boolean
  /** True where the module may set `multiTenant`; missing in builds of older versions. */
  readonly multiTenant?: boolean
  /** True where the module may have a `preCheck`. */
  readonly preCheck: boolean
}

/** `build/backend/webstir/build.json`. Job modules are `build/backend/jobs/NAME/index.js`. */
export interface BuildInfo {
  readonly format: 1
  /** ISO 8601, in UTC. */
  readonly builtAt: string
  /** Version of webstir-jobs that built it. */
  readonly version: string
  /** Modules that export more than `run`. */
  readonly jobs: { readonly [name: string]: BuiltJob }
  /** Which of the workspace's other modules were built, relative to `build/backend`; null where there is none. */
  readonly modules: {
    readonly hooks: string | null
    readonly tenants: string | null
    readonly database: string | null
    readonly server: string | null
  }
  /** The validated manifest; null where it depends on the environment (`${NAME}`), so that it must be read anew. */
  readonly snapshot: Snapshot | null
}

/** Reads `build.json`; null where there is none, or one of another format. */
export function readBuildInfo(path: string): BuildInfo | null {
  try {
    const info: BuildInfo = JSON.parse(readFileSync(path, 'utf8'))
    return info.format === 1 ? info : null
  } catch {
    return null
  }
}

/** Comparing the bytes costs less than hashing them would. */
function isCopy(written: Buffer, copy: string): boolean {
  try {
    return readFileSync(copy).equals(written)
  } catch {
    return false
  }
}
