import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IncrementalBuild } from '../../cli/bundler/watch/incremental.ts'
import { makeWorkspace, runNode, type Workspace } from '../support/workspace.ts'

const job = (word: string) => `import { next } from '../../lib.js'
export const run = () => console.log('${word}', next())
`
const LIBRARY = 'let count = 0\nexport const next = () => ++count\n'

let workspace: Workspace
let build: IncrementalBuild

/** Runs all jobs of the build as it stands, and returns what they printed. */
async function printed(): Promise<string> {
  const env = { JOBS_STORE_URL: 'memory:', LOG_FORMAT: 'json' }
  const { stdout } = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--all'], { env })
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => String(JSON.parse(line).msg))
  return lines.filter((line) => /\d$/.test(line)).join(', ')
}

beforeEach(async () => {
  const jobs = [
    { name: 'a', priority: 2 },
    { name: 'b', priority: 1 },
  ]
  workspace = makeWorkspace({
    packageJson: { name: 'x', version: '1.0.0', type: 'module', webstir: { module: { jobs } } },
    files: {
      'src/backend/lib.js': LIBRARY,
      'src/backend/jobs/a/index.js': job('a'),
      'src/backend/jobs/b/index.js': job('b'),
    },
  })
  build = new IncrementalBuild(workspace.root)
  expect(await build.update()).toMatchObject({ scope: 'whole', jobs: 2 })
  // What was written in the millisecond in which the build began counts as changed; that is settled here.
  while ((await build.update()) !== null);
})
afterEach(() => build.close())

describe('a build that is kept up to date', () => {
  it('does nothing where nothing has changed', async () => {
    expect(await build.update()).toBeNull()
    expect(await printed()).toBe('[a] a 1, [b] b 2')
  })

  it('builds the one job that has changed, which goes on sharing what it shares', async () => {
    workspace.write('src/backend/jobs/a/index.js', job('changed'))

    expect(await build.update()).toMatchObject({ scope: 'part', jobs: 1 })
    expect(await printed()).toBe('[a] changed 1, [b] b 2')
  })

  it('builds a shared module alone, and every job has it', async () => {
    workspace.write('src/backend/lib.js', LIBRARY.replace('= 0', '= 40'))

    expect(await build.update()).toMatchObject({ scope: 'part', jobs: 0 })
    expect(await printed()).toBe('[a] a 41, [b] b 42')
  })

  it('shares a module that only now two jobs use', async () => {
    workspace.write('src/backend/only.js', LIBRARY)
    const both = (word: string) => job(word).replace('lib.js', 'only.js')
    workspace.write('src/backend/jobs/a/index.js', both('a'))
    expect(await build.update()).toMatchObject({ scope: 'part', jobs: 1 })
    workspace.write('src/backend/jobs/b/index.js', both('b'))
    await build.update()

    expect(await printed()).toBe('[a] a 1, [b] b 2')
  })

  it('keeps the last good build through a broken one, and takes the fixed file in', async () => {
    workspace.write('src/backend/jobs/a/index.js', 'export const run = (')
    await expect(build.update()).rejects.toMatchObject({ code: 'BUILD_FAILED' })
    expect(await printed()).toBe('[a] a 1, [b] b 2')
    expect(await build.update()).toBeNull()

    workspace.write('src/backend/jobs/b/index.js', job('changed'))
    await expect(build.update()).rejects.toMatchObject({ code: 'BUILD_FAILED' })
    workspace.write('src/backend/jobs/a/index.js', job('mended'))

    expect(await build.update()).toMatchObject({ scope: 'part', jobs: 2 })
    expect(await printed()).toBe('[a] mended 1, [b] changed 2')
  })

  it('is fixed by a file that was missing', async () => {
    workspace.write('src/backend/jobs/a/index.js', job('a').replace('lib.js', 'new.js'))
    await expect(build.update()).rejects.toMatchObject({ code: 'BUILD_FAILED' })

    workspace.write('src/backend/new.js', LIBRARY)

    expect(await build.update()).toMatchObject({ jobs: 1 })
    expect(await printed()).toBe('[a] a 1, [b] b 1')
  })

  it('follows package.json without building anything', async () => {
    workspace.write('package.json', workspace.read('package.json').replace('"a"', '"a", "schedule": "@daily"'))

    expect(await build.update()).toMatchObject({ scope: 'manifest', jobs: 0 })
    const { stdout } = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--list'])
    expect(stdout).toMatch(/a +@daily/)
  })

  it('refuses a manifest that is wrong, and goes on when it is right', async () => {
    const right = workspace.read('package.json')
    workspace.write('package.json', right.replace('"a"', '"a", "schedule": "@dayly"'))
    await expect(build.update()).rejects.toMatchObject({ code: 'BUILD_FAILED' })
    workspace.write('package.json', right.slice(1))
    await expect(build.update()).rejects.toMatchObject({ code: 'MANIFEST_JSON' })

    workspace.write('package.json', right.replace('"a"', '"a", "schedule": "@daily"'))

    expect(await build.update()).toMatchObject({ scope: 'manifest' })
  })

  it('builds everything when a job comes or goes', async () => {
    workspace.write('src/backend/jobs/c/index.js', job('c'))
    expect(await build.update()).toMatchObject({ scope: 'whole', jobs: 3 })

    rmSync(workspace.path('src/backend/jobs/c'), { recursive: true })

    expect(await build.update()).toMatchObject({ scope: 'whole', jobs: 2 })
  })

  it('says so when only the environment has changed', async () => {
    workspace.write('.env', 'A=1\n')

    expect(await build.update()).toMatchObject({ scope: 'environment' })
  })

  it('leaves a build that the next command takes for fresh', async () => {
    workspace.write('src/backend/jobs/a/index.js', job('changed'))
    await build.update()
    const { findEntries } = await import('../../cli/bundler/entries.ts')
    const { freshness } = await import('../../cli/bundler/freshness.ts')

    expect(freshness(workspace.root, findEntries(workspace.root, undefined)).reason).toBeNull()
  })
})
