import { join, resolve } from 'node:path'
import { type Env, loadEnvFiles } from '../env.ts'
import { loadManifest, type Manifest } from '../manifest/index.ts'

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

/** Fills the environment from the `.env` files, then reads the manifest. Opens no store. */
export async function readWorkspace({ root, build }: Place, env: Env = process.env): Promise<Manifest> {
  await loadEnvFiles(root, env)
  return loadManifest({ workspace: root, buildInfo: join(build, 'webstir', 'build.json'), env })
}
