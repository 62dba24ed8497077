import { mayHoldPlaceholder } from '../../runtime/manifest/environment.ts'
import type { Manifest } from '../../runtime/manifest/index.ts'
import { parseDocument, readPackageJson } from '../../runtime/manifest/package-json.ts'
import { readManifestText } from '../../runtime/manifest/parse/parse-manifest.ts'
import { packManifest, type Snapshot } from '../../runtime/manifest/snapshot.ts'
import { loadEnvFiles } from '../../runtime/support/env.ts'

export interface WorkspaceManifest {
  /** Text of package.json. */
  readonly text: string
  readonly manifest: Manifest
  /** For the built scheduler; null where it must read the manifest itself. */
  readonly snapshot: Snapshot | null
}

/** Reads the manifest for a build: as far as it can be known without the environment in which it will run. */
export async function readForBuild(workspace: string): Promise<WorkspaceManifest> {
  const text = readPackageJson(workspace).toString('utf8')
  const { jobs, scheduler } = await parseDocument(workspace, text)
  if (mayHoldPlaceholder(JSON.stringify([jobs, scheduler]))) {
    const env = { ...process.env }
    await loadEnvFiles(workspace, env)
    return { text, manifest: await readManifestText(workspace, text, env), snapshot: null }
  }
  const manifest = await readManifestText(workspace, text, {})
  const isSound = manifest.problems.every(({ severity }) => severity !== 'error')
  return { text, manifest, snapshot: isSound ? packManifest(manifest) : null }
}
