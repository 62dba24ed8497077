import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Env } from '../env.ts'
import { type BuildInfo, readBuildInfo } from './build-info.ts'
import { readPackageJson } from './document.ts'
import { applySwitches } from './enabled.ts'
import type { Manifest } from './job.ts'
import { unpackManifest } from './snapshot.ts'

/** The copy of package.json that the build leaves beside `build.json`: what the snapshot was made from. */
export const MANIFEST_COPY = 'package.json.txt'

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
      const manifest = unpackManifest(snapshot, workspace)
      return { ...manifest, jobs: applySwitches(manifest.jobs, env) }
    }
  }
  const { readManifestText } = await import('./read.ts')
  return readManifestText(workspace, written.toString('utf8'), env)
}

/** Comparing the bytes costs less than hashing them would. */
function isCopy(written: Buffer, copy: string): boolean {
  try {
    return readFileSync(copy).equals(written)
  } catch {
    return false
  }
}
