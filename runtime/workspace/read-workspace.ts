import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadManifest, type Manifest, readBuildInfo } from '../manifest/index.ts'
import { type Env, loadEnvFiles } from '../support/env.ts'
import type { WorkspacePaths } from './paths.ts'

/**
 * Fills the environment from the `.env` files, then reads the manifest, `meta()` of modules included: of all that may
 * have one, or only of those jobs that `asked` names. Opens no store.
 */
export async function readWorkspace(
  { root, build }: WorkspacePaths,
  env: Env = process.env,
  asked?: ReadonlySet<string>,
): Promise<Manifest> {
  await loadEnvFiles(root, env)
  const buildInfo = join(build, 'webstir', 'build.json')
  const info = readBuildInfo(buildInfo)
  const manifest = await loadManifest({ workspace: root, buildInfo, info, env })
  const withMeta = Object.entries(info?.jobs ?? {}).filter(([name, { meta }]) => meta && asked?.has(name) !== false)
  if (withMeta.length === 0) return manifest
  // Imported only now: a listing of plain jobs loads none of what runs them.
  const [{ withCodeSchedules }, { builtModules }] = await Promise.all([
    import('./code-schedules.ts'),
    import('../job/job-module.ts'),
  ])
  const sources = new Map(withMeta.map(([name, { source }]) => [name, source]))
  return withCodeSchedules(manifest, builtModules(build), sources)
}

/**
 * Names of the jobs of which a build has no module: whatever they declare in `meta()` is unknown to it. A manifest that
 * is what was built has none. `build`: absolute path of build/backend.
 */
export function notBuilt({ jobs, plans }: Manifest, build: string): ReadonlySet<string> {
  if (plans !== undefined) return new Set()
  const modules = new Set(entriesOf(join(build, 'jobs')))
  return new Set(jobs.flatMap(({ name }) => (modules.has(name) ? [] : name)))
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
