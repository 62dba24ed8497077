import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runNode } from './measure.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The command line, as built. */
export const WEBSTIR = join(ROOT, 'dist', 'cli', 'bin.js')

export interface BenchWorkspace {
  readonly root: string
  readonly scheduler: string
}

export interface BenchWorkspaceOptions {
  readonly jobs: number
  /** Of the job at this place. */
  entry(index: number): { readonly schedule?: string; readonly timezone?: string }
  readonly source?: string
  /** Default: true. */
  readonly build?: boolean
}

/** Makes a workspace with jobs in it, has `webstir build` build it, and removes it when `work` is done. */
export async function inWorkspace<Result>(
  { jobs, entry, source = 'export async function run() {}\n', build = true }: BenchWorkspaceOptions,
  work: (workspace: BenchWorkspace) => Promise<Result>,
): Promise<Result> {
  const root = await mkdtemp(join(tmpdir(), 'webstir-bench-'))
  try {
    const entries = Array.from({ length: jobs }, (_, index) => ({ name: `job-${index}`, ...entry(index) }))
    const manifest = { name: 'bench', type: 'module', webstir: { mode: 'api', module: { jobs: entries } } }
    await writeFile(join(root, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    for (const { name } of entries) {
      const folder = join(root, 'src', 'backend', 'jobs', name)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'index.ts'), source)
    }
    if (build) runNode([WEBSTIR, 'build', '--no-typecheck', '--workspace', root])
    return await work({ root, scheduler: join(root, 'build', 'backend', 'jobs', 'scheduler.js') })
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
