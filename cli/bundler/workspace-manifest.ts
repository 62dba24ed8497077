import { mayHoldPlaceholder } from '../../runtime/manifest/environment.ts'
import type { Manifest } from '../../runtime/manifest/index.ts'
import { parseDocument, readPackageJson } from '../../runtime/manifest/package-json.ts'
import { readManifestText } from '../../runtime/manifest/parse/parse-manifest.ts'
import { packManifest, type Snapshot } from '../../runtime/manifest/snapshot.ts'
import { type MissingPackage, missingPackages } from '../workspace/installed.ts'

export interface WorkspaceManifest {
  /** Text of package.json. */
  readonly text: string
  readonly manifest: Manifest
  /** For the built scheduler; null where it must read the manifest itself. */
  readonly snapshot: Snapshot | null
  /** Packages that it needs and that are not installed. */
  readonly missing: readonly MissingPackage[]
}

/** Reads the manifest for a build: as far as it can be known without the environment in which it will run. */
export async function readForBuild(workspace: string): Promise<WorkspaceManifest> {
  const text = readPackageJson(workspace).toString('utf8')
  const env = { ...process.env }
  const missing = await missingPackages(workspace, env)
  const { jobs, scheduler } = await parseDocument(workspace, text)
  if (mayHoldPlaceholder(JSON.stringify([jobs, scheduler]))) {
    return { text, manifest: await readManifestText(workspace, text, env), snapshot: null, missing }
  }
  const manifest = await readManifestText(workspace, text, {})
  const isSound = manifest.problems.every(({ severity }) => severity !== 'error')
  return { text, manifest, snapshot: isSound ? packManifest(manifest) : null, missing }
}
