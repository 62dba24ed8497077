import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** A workspace as `webstir build` leaves it, laid out by hand: no sources, no bundler, ready in a few ms. */
export interface BuiltWorkspace {
  readonly root: string
  /** build/backend/jobs/scheduler.js */
  readonly scheduler: string
  remove(): Promise<void>
}

export interface BuiltWorkspaceOptions {
  /** Entries of the manifest. */
  readonly jobs: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[]
  /** `webstir.scheduler`. */
  readonly scheduler?: Readonly<Record<string, unknown>>
  /** Source of build/backend/jobs/NAME/index.js, in plain JavaScript. */
  module(name: string): string
  /** Further files, relative to the workspace. */
  readonly files?: Readonly<Record<string, string>>
  /** Default: the one that was built in this checkout. */
  readonly runtime?: string
}

/** Lays a workspace out in a temporary folder. dist/ must be built. */
export async function layOutWorkspace(options: BuiltWorkspaceOptions): Promise<BuiltWorkspace> {
  const root = await mkdtemp(join(tmpdir(), 'webstir-workspace-'))
  const build = join(root, 'build', 'backend')
  const scheduler = join(build, 'jobs', 'scheduler.js')
  await mkdir(join(build, 'jobs'), { recursive: true })
  await cp(options.runtime ?? join(ROOT, 'dist', 'runtime'), join(build, 'webstir'), { recursive: true })
  // libsql and pg are the workspace's own packages; here, this checkout's.
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const manifest = {
    name: 'chaos',
    type: 'module',
    webstir: { mode: 'api', scheduler: options.scheduler ?? {}, module: { jobs: options.jobs } },
  }
  await writeFile(join(root, 'package.json'), JSON.stringify(manifest, null, 2))
  await rename(join(build, 'webstir', 'scheduler.js'), scheduler)
  for (const { name } of options.jobs) {
    await mkdir(join(build, 'jobs', name))
    await writeFile(join(build, 'jobs', name, 'index.js'), options.module(name))
  }
  for (const [path, text] of Object.entries(options.files ?? {})) await writeFile(join(root, path), text)
  return { root, scheduler, remove: () => rm(root, { recursive: true, force: true }) }
}
