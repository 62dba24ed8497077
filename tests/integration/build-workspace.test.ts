// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholder of the manifest
import { cpSync, existsSync, readdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node'],
  },
  include: ['src'],
})

const LIBRARY = "let count = 0\nexport const next = (): number => ++count\nexport const greeting: string = 'hello'\n"
const HELLO = `import { greeting } from '../../lib.ts'
export async function run(): Promise<void> {
  console.log(greeting + ' from the job')
}
`

function workspaceOf(jobs: readonly object[], files: Record<string, string>, linked = true): Workspace {
  const packageJson = {
    name: 'shop',
    version: '1.0.0',
    type: 'module',
    webstir: { mode: 'api', module: { jobs } },
  }
  return makeWorkspace({
    packageJson,
    files: { 'tsconfig.json': TSCONFIG, 'src/backend/lib.ts': LIBRARY, ...files },
    linked,
  })
}

const hello = (linked = true) =>
  workspaceOf([{ name: 'hello', schedule: '0 0 * * *' }], { 'src/backend/jobs/hello/index.ts': HELLO }, linked)

const build = (workspace: Workspace, ...options: string[]) =>
  runCli(['build', '--workspace', workspace.root, ...options])
const MEMORY = { JOBS_STORE_URL: 'memory:' }

describe('webstir build', () => {
  it('builds a workspace that is reached by a symbolic link', async () => {
    const workspace = hello()
    const link = `${workspace.root}-by-another-way`
    symlinkSync(workspace.root, link)
    try {
      const { code, stderr } = await runCli(['build', '--no-typecheck', '--workspace', link])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(readdirSync(workspace.path('build'))).toEqual(['backend'])
      expect(readdirSync(workspace.path('build/backend')).sort()).toEqual(['jobs', 'package.json', 'webstir'])
    } finally {
      unlinkSync(link)
    }
  })

  it('makes a scheduler that runs in a folder with nothing but build/ and package.json', async () => {
    const workspace = hello()
    expect(await build(workspace)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Built 1 job'),
    })
    const elsewhere = makeWorkspace({ packageJson: null })
    cpSync(workspace.path('build'), elsewhere.path('build'), { recursive: true })
    cpSync(workspace.path('package.json'), elsewhere.path('package.json'))

    const listed = await runNode([elsewhere.path('build/backend/jobs/scheduler.js'), '--list'])
    const ran = await runNode([elsewhere.path('build/backend/jobs/scheduler.js'), '--job', 'hello'], { env: MEMORY })
    const direct = await runNode([elsewhere.path('build/backend/jobs/hello/index.js')], { env: MEMORY })

    expect(listed.stdout).toMatch(/hello +0 0 \* \* \*/)
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('hello from the job') })
    expect(direct).toMatchObject({ code: 0, stdout: expect.stringContaining('hello from the job') })
  })

  it('gives all jobs one instance of what they share, and maps errors back to the sources', async () => {
    const shared = `import { next } from '../../lib.ts'\nexport const run = (): void => console.log('number ' + next())\n`
    const workspace = workspaceOf([{ name: 'a', priority: 2 }, { name: 'b', priority: 1 }, { name: 'c' }], {
      'src/backend/jobs/a/index.ts': shared,
      'src/backend/jobs/b/index.ts': shared,
      'src/backend/jobs/c/index.ts': `interface Unused { x: 1 }\n\n\nexport const run = (): void => {\n  throw new Error('thrown here')\n}\n`,
    })
    await build(workspace)
    const all = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--all'], { env: MEMORY })
    const mapped = await runNode(
      ['--enable-source-maps', workspace.path('build/backend/jobs/scheduler.js'), '--job', 'c'],
      { env: MEMORY },
    )

    expect(all.stdout).toContain('number 1')
    expect(all.stdout).toContain('number 2')
    expect(all.code).toBe(1)
    expect(mapped.stdout).toContain('src/backend/jobs/c/index.ts:5')
  })

  it.each([
    ['a syntax error', 'export const run = (', /src\/backend\/jobs\/hello\/index\.ts:1:\d+: error/],
    [
      'a type error',
      'export const run = (): number => "x"\n',
      /src\/backend\/jobs\/hello\/index\.ts:1:\d+: error: TS2322/,
    ],
    [
      'a missing file',
      "import './gone.ts'\nexport const run = () => {}\n",
      /src\/backend\/jobs\/hello\/index\.ts:1:8: error/,
    ],
  ])('fails on %s with file, line and column, and the last good build stays', async (_, source, place) => {
    const workspace = hello()
    await build(workspace)
    const before = workspace.read('build/backend/jobs/hello/index.js')
    workspace.write('src/backend/jobs/hello/index.ts', source)

    const failed = await build(workspace)

    expect(failed.code).toBe(1)
    expect(failed.stderr).toMatch(place)
    expect(failed.stderr).toContain('what was built before is still in place')
    expect(workspace.read('build/backend/jobs/hello/index.js')).toBe(before)
    expect(readdirSync(workspace.path('build'))).toEqual(['backend'])
  })

  it('does not look at types with --no-typecheck', async () => {
    const workspace = hello()
    workspace.write('src/backend/jobs/hello/index.ts', 'export const run = (): number => "x"\n')

    expect(await build(workspace, '--no-typecheck')).toMatchObject({ code: 0 })
  })

  it('fails on a schedule that can not be read, and warns of a variable that is not set here', async () => {
    const workspace = workspaceOf([{ name: 'hello', schedule: '0 25 * * *' }], {
      'src/backend/jobs/hello/index.ts': HELLO,
    })
    const failed = await build(workspace)
    workspace.write('package.json', workspace.read('package.json').replace('0 25 * * *', '${NIGHTLY}'))
    const warned = await build(workspace)

    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('webstir.module.jobs[0].schedule') })
    expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining('NIGHTLY') })
  })

  it('warns of an entry without a module and of a module without an entry, and says how to fix it', async () => {
    const workspace = workspaceOf([{ name: 'gone' }], { 'src/backend/jobs/stray/index.ts': HELLO })

    const { code, stderr } = await build(workspace)

    expect(code).toBe(0)
    expect(stderr).toMatch(/warning: job gone has no module - create src\/backend\/jobs\/gone\/index\.ts/)
    expect(stderr).toMatch(
      /warning: job stray is not in the manifest.* - add \{ "name": "stray" \} to webstir\.module\.jobs/,
    )
  })

  it('finds the types of webstir-jobs for a workspace in which it is not installed', async () => {
    const workspace = hello(false)
    const source =
      "import type { JobContext } from 'webstir-jobs'\nexport const run = (context: JobContext): number => context.job\n"
    workspace.write('src/backend/jobs/hello/index.ts', source)
    workspace.write('tsconfig.json', TSCONFIG.replace('"node"', ''))

    const { code, stderr } = await build(workspace)

    expect(code).toBe(1)
    expect(stderr).toContain("Type 'string' is not assignable to type 'number'")
    expect(existsSync(workspace.path('build/backend'))).toBe(false)
    expect(readdirSync(workspace.path('build'))).toEqual([])
  })

  it('checks the types of an older workspace that writes to build/ and leaves rootDir to the compiler', async () => {
    const workspace = hello(false)
    const compilerOptions = { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', outDir: 'build' }
    workspace.write(
      'base.json',
      JSON.stringify({ compilerOptions: { strict: true, allowImportingTsExtensions: true } }),
    )
    workspace.write('tsconfig.json', JSON.stringify({ extends: './base.json', compilerOptions, include: ['src'] }))
    workspace.write(
      'src/backend/jobs/hello/index.ts',
      "import type { JobContext } from 'webstir-jobs'\nexport const run = (context: JobContext): string => context.job\n",
    )

    expect(await build(workspace)).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('error'),
      stdout: expect.stringContaining('types checked'),
    })
  })

  it('lets a job import the runtime, as the one copy of the build', async () => {
    const workspace = hello()
    const source = `import { FatalError } from 'webstir-jobs'
import { parseSchedule } from 'webstir-jobs/schedule'
export const run = (): void => {
  if (parseSchedule('@daily').kind !== 'cron') throw new FatalError('no')
  console.log('both are there')
}
`
    workspace.write('src/backend/jobs/hello/index.ts', source)
    await build(workspace)
    rmSync(workspace.path('node_modules'), { recursive: true })

    const ran = await runNode([workspace.path('build/backend/jobs/hello/index.js')], { env: MEMORY })

    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('both are there') })
  })

  it('may run five times at once', async () => {
    const workspace = hello()

    const ends = await Promise.all([1, 2, 3, 4, 5].map(() => build(workspace, '--no-typecheck')))

    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(Array(5).fill([0, '']))
    expect(readdirSync(workspace.path('build'))).toEqual(['backend'])
    expect(await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--list'])).toMatchObject({ code: 0 })
  })

  it('builds an older workspace from its own key', async () => {
    const workspace = makeWorkspace({
      packageJson: {
        name: 'older',
        version: '1.0.0',
        type: 'module',
        webstir: { moduleManifest: { name: 'older', jobs: [{ name: 'hello', schedule: '@daily' }] } },
      },
      files: { 'src/backend/jobs/hello/index.js': "export const run = () => console.log('hello, old friend')\n" },
    })

    const { code, stderr } = await build(workspace)
    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning: webstir-jobs is not installed .*\n(?:warning: libsql, .*\n)?$/)
    const ran = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', 'hello'], { env: MEMORY })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('hello, old friend') })
  })
})

describe('what a build says of itself', () => {
  it('is which modules may have a meta or a pre-check, and which others were built', async () => {
    const workspace = workspaceOf([{ name: 'plain' }, { name: 'object' }, { name: 'checked' }], {
      'src/backend/jobs/plain/index.ts': 'export const run = () => import.meta.url\n',
      'src/backend/jobs/object/index.ts': 'export default { meta() {}, run() {} }\n',
      'src/backend/jobs/checked/index.ts': 'export const run = () => {}\nexport const preCheck = () => {}\n',
      'src/backend/tenants.ts': 'export default []\n',
    })
    await build(workspace, '--no-typecheck')

    const info = JSON.parse(workspace.read('build/backend/webstir/build.json'))

    expect(info).toMatchObject({
      format: 1,
      jobs: {
        object: { exports: ['default'], meta: true, preCheck: false },
        checked: { meta: false, preCheck: true },
      },
      modules: { hooks: null, tenants: 'tenants.js', database: null, server: null },
    })
    expect(info.jobs).not.toHaveProperty('plain')
    expect(info.snapshot.jobs).toHaveLength(3)
  })
})
