import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../support/workspace.ts'

interface Dependencies {
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

const { dependencies = {}, peerDependencies = {}, version } = readJson('package.json')
const licenses = readFileSync(join(ROOT, 'dist/THIRD_PARTY_LICENSES'), 'utf8')

function readJson(path: string): Dependencies & { readonly version: string } {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

/**
 * The packages that the source needs at run time and that are not installed beside it, found without the build script:
 * all of the source bundled at once.
 */
async function packagesOfTheSource(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['cli', 'runtime'].flatMap(sourcesOf),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outdir: 'unused',
    write: false,
    metafile: true,
    logLevel: 'silent',
    external: [...Object.keys({ ...dependencies, ...peerDependencies }), 'pg-native', 'typescript'],
    define: { WEBSTIR_JOBS_VERSION: JSON.stringify(version) },
  })
  const direct = Object.entries(metafile.inputs)
    .filter(([file]) => !file.includes('node_modules/'))
    .flatMap(([, { imports }]) =>
      imports.flatMap(({ path }) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
    )
  return [...new Set(direct)].sort()
}

describe('dist/THIRD_PARTY_LICENSES', () => {
  it('covers every package that the source imports and the build bundles', async () => {
    const packages = await packagesOfTheSource()
    expect(packages).toEqual(expect.arrayContaining(['kysely', 'pino', 'yargs', 'zod']))
    const missing = packages.filter((name) => !licenses.includes(`\n${name} `))
    expect(missing).toEqual([])
  })

  it('covers what the packages themselves bring along', () => {
    for (const name of ['pino-std-serializers', 'y18n', 'yargs-parser', 'strip-ansi']) {
      expect(licenses).toContain(`\n${name} `)
    }
  })

  it('holds the licences as their authors wrote them', () => {
    expect(licenses).toContain(readFileSync(join(ROOT, 'node_modules/zod/LICENSE'), 'utf8').trim())
  })
})
