import { join, resolve } from 'node:path'
import { type Env, loadEnvFiles } from '../env.ts'
import { loadManifest, type Manifest, readBuildInfo } from '../manifest/index.ts'

/** Where a built workspace lies on the disk; absolute paths. */
export interface Place {
  readonly root: string
  /** build/backend */
  readonly build: string
}

/** The place of a workspace whose root is known. */
export function placeOf(root: string): Place {
  return { root: resolve(root), build: join(resolve(root), 'build', 'backend') }
}

/**
 * Fills the environment from the `.env` files, then reads the manifest, `meta()` of modules included: of all that may
 * have one, or only of those jobs that `asked` names. Opens no store.
 */
export async function readWorkspace(
  { root, build }: Place,
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
    import('../execution/code-schedules.ts'),
    import('../execution/built-modules.ts'),
  ])
  const sources = new Map(withMeta.map(([name]) => [name, `src/backend/jobs/${name}/index.ts`]))
  return withCodeSchedules(manifest, builtModules(build), sources)
}
