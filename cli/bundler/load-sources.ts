import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions } from 'esbuild'
import { readBuildSettings } from './build-settings.ts'
import { bundleOptions, runBundler } from './bundle.ts'
import { build as esbuild } from './esbuild.ts'
import { runtimeFiles } from './runtime-files.ts'

/**
 * Imports modules of a workspace's sources, for a command that runs them itself. They are built beside build/backend, so
 * that they find their packages, and only for as long as `work` takes. `sources`: relative to the workspace.
 */
export async function withSources<Result>(
  workspace: string,
  sources: readonly string[],
  work: (modules: ReadonlyMap<string, Record<string, unknown>>) => Promise<Result>,
): Promise<Result> {
  // By this beginning of its name, a later build removes it where this process was killed.
  const folder = join(workspace, 'build', `.backend-sources-${randomUUID()}`)
  const points = Object.fromEntries(sources.map((source, index) => [`m${index}`, source]))
  const { banner: _banner, footer: _footer, ...options } = bundleOptions(workspace, points, runtimeFiles().folder)
  // All packages are taken from where the workspace has them, this one too.
  const outside: BuildOptions = { packages: 'external', plugins: [] }
  mkdirSync(folder, { recursive: true })
  try {
    const sourcemap = readBuildSettings(workspace).sourceMaps ? 'inline' : false
    await runBundler(() =>
      esbuild({ ...options, ...outside, outdir: folder, write: true, sourcemap, outExtension: { '.js': '.mjs' } }),
    )
    const modules = new Map<string, Record<string, unknown>>()
    for (const [index, source] of sources.entries()) {
      modules.set(source, await import(pathToFileURL(join(folder, `m${index}.mjs`)).href))
    }
    return await work(modules)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
