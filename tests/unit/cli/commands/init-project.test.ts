import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { init } from '../../../../cli/commands/init.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const PROJECT = `{
    "name": "shop",
    "version": "3.1.4",
    "scripts": {
        "build": "tsc",
        "jobs": "node old-jobs.js"
    },
    "dependencies": { "express": "^5.0.0" },
    "devDependencies": {
        "typescript": "~5.9.0"
    }
}
`

describe('init beside a package.json', () => {
  it('adds what is missing, changes nothing that is there, and says what it left', async () => {
    const project = makeWorkspace({
      packageJson: PROJECT,
      files: {
        'README.md': 'mine',
        '.gitignore': '/node_modules\nbuild\n',
        'tsconfig.json': '{ "compilerOptions": { "strict": true } }',
        'src/backend/env.ts': 'export const mine = 1\n',
        'package-lock.json': '{}',
      },
    })
    const io = keepOutput()
    const made = await init({ dir: project.root, timezone: 'Europe/Berlin' }, io)

    const text = project.read('package.json')
    expect(text.startsWith(PROJECT.slice(0, PROJECT.indexOf('"node old-jobs.js"')))).toBe(true)
    expect(text).toContain('        "jobs:build": "webstir build",\n        "jobs:watch": "webstir watch"\n    },')
    expect(JSON.parse(text)).toMatchObject({
      scripts: { build: 'tsc', jobs: 'node old-jobs.js' },
      webstir: { mode: 'api', module: { jobs: [] }, scheduler: { timezone: 'Europe/Berlin' } },
      dependencies: { express: '^5.0.0', libsql: expect.any(String), 'webstir-jobs': expect.stringMatching(/^file:/) },
      devDependencies: { typescript: '~5.9.0', '@types/node': expect.any(String) },
      allowScripts: { esbuild: false },
    })
    expect(JSON.parse(text)).not.toHaveProperty('type')
    expect(project.read('README.md')).toBe('mine')
    expect(project.read('src/backend/env.ts')).toBe('export const mine = 1\n')
    expect(made.files).toContain('src/backend/db/connection.ts')
    expect(made.files).toContain('src/backend/tsconfig.json')
    expect(made.files).not.toContain('README.md')
    expect(project.read('src/backend/tsconfig.json')).toContain('"include": ["**/*"]')
    expect(made.left).toEqual([
      'package.json: scripts.jobs stays "node old-jobs.js"; ours is "node build/backend/jobs/scheduler.js"',
      '.gitignore stays; it does not have data/, .env, .env.local, .env.*.local, .webstir.*',
      'tsconfig.json stays; "webstir build" checks types with src/backend/tsconfig.json, so "exclude" src/backend where yours complains',
    ])
    expect(io.printed.join('\n')).toContain('Left to you:')
    expect(io.printed.join('\n')).toContain('npm run jobs:watch')
  })

  it('changes nothing the second time', async () => {
    const project = makeWorkspace({ packageJson: { name: 'twice' } })
    await init({ dir: project.root }, keepOutput())
    const before = project.read('package.json')
    const io = keepOutput()
    expect(await init({ dir: project.root }, io)).toMatchObject({ files: [], additions: [], left: [] })
    expect(project.read('package.json')).toBe(before)
    expect(io.printed).toEqual([expect.stringContaining('is a workspace already; there is nothing to add')])
  })

  it('writes nothing in a dry run, and says the same', async () => {
    const project = makeWorkspace({ packageJson: PROJECT })
    const dry = await init({ dir: project.root, dryRun: true }, keepOutput())
    expect(dry.written).toBe(false)
    expect(readdirSync(project.root)).toEqual(['package.json'])
    expect(project.read('package.json')).toBe(PROJECT)
    expect(await init({ dir: project.root }, keepOutput())).toEqual({ ...dry, written: true })
  })

  it('shows what it would add and asks, on a terminal', async () => {
    const project = makeWorkspace({ packageJson: PROJECT })
    const questions: string[] = []
    const io = { ...keepOutput(), interactive: true }
    const initWith = (answer: string, yes = false) =>
      init({ dir: project.root, yes }, io, async ({ text, check }) => {
        questions.push(text)
        expect([check('maybe'), check(answer)]).toEqual(['answer yes or no', null])
        return answer
      })
    await expect(initWith('no')).rejects.toMatchObject({ exitCode: 1 })
    expect(readdirSync(project.root)).toEqual(['package.json'])
    expect(project.read('package.json')).toBe(PROJECT)
    expect(io.errors.join('\n')).toMatch(/\+ package\.json: webstir\.mode = "api"[\s\S]*Nothing was changed\./)
    expect(await initWith('yes')).toMatchObject({ written: true })
    expect(JSON.parse(project.read('package.json'))).toHaveProperty('webstir')
    // There is nothing left to ask for.
    await initWith('no')
    expect(questions).toEqual(Array(2).fill('Add all this? yes or no'))
  })

  it('makes nothing of a new folder in a dry run', async () => {
    const folder = makeWorkspace({ packageJson: null })
    const made = await init({ dir: folder.path('a/b'), dryRun: true }, keepOutput())
    expect(made).toMatchObject({ written: false, files: expect.arrayContaining(['package.json']) })
    expect(existsSync(folder.path('a'))).toBe(false)
  })

  it.each([
    ['pnpm-lock.yaml', 'pnpm install', 'pnpm exec webstir add-job'],
    ['yarn.lock', 'yarn install', 'yarn webstir add-job'],
  ])('in a package of a workspace with %s, speaks of its package manager', async (lockFile, install, add) => {
    const monorepo = makeWorkspace({
      packageJson: { name: 'root', workspaces: ['packages/*'] },
      files: { [lockFile]: '', 'packages/api/package.json': '{"name":"api"}' },
    })
    const io = keepOutput()
    await init({ dir: monorepo.path('packages/api') }, io)
    expect(io.printed.map((line) => line.trim())).toContain(install)
    expect(io.printed.join('\n')).toContain(add)
    const written = JSON.parse(monorepo.read('packages/api/package.json'))
    expect(written).toMatchObject({ name: 'api', webstir: { module: { jobs: [] } } })
    expect(written).not.toHaveProperty('allowScripts')
    expect(monorepo.read('packages/api/package.json')).not.toContain('\n')
    expect(JSON.parse(monorepo.read('package.json'))).not.toHaveProperty('webstir')
  })

  it('keeps the jobs in the folder that --jobs-dir names', async () => {
    const project = makeWorkspace({ packageJson: { name: 'elsewhere' } })
    await init({ dir: project.root, jobsDir: './server/jobs/' }, keepOutput())
    expect(JSON.parse(project.read('package.json')).webstir.jobsDir).toBe('server/jobs')
    expect(project.read('tsconfig.json')).toContain('"include": ["src", "server/jobs"]')
    await expect(init({ dir: project.root, jobsDir: '../jobs' }, keepOutput())).rejects.toMatchObject({
      message: '--jobs-dir is "../jobs", which names no folder below the workspace',
    })
  })

  it('leaves a database client of the project alone', async () => {
    const project = makeWorkspace({
      packageJson: { name: 'own', webstir: { moduleManifest: { jobs: [] } } },
      files: { 'src/backend/db/connection.js': 'export const mine = 1\n' },
    })
    const made = await init({ dir: project.root }, keepOutput())
    expect(readdirSync(project.path('src/backend/db'))).toEqual(['connection.js'])
    expect(made.left).toEqual([
      'src/backend/db/ stays; ctx.database calls createDatabaseClient() of src/backend/db/connection',
    ])
    expect(JSON.parse(project.read('package.json')).webstir).not.toHaveProperty('module')
  })

  it('refuses a package.json that it can not add to, and writes nothing', async () => {
    const broken = makeWorkspace({ packageJson: '{ "name": ' })
    await expect(init({ dir: broken.root }, keepOutput())).rejects.toMatchObject({ code: 'MANIFEST_JSON' })
    const odd = makeWorkspace({ packageJson: { name: 'odd', scripts: 'none' } })
    await expect(init({ dir: odd.root }, keepOutput())).rejects.toThrow('package.json: scripts is not an object')
    const outside = makeWorkspace({ packageJson: null })
    const linked = makeWorkspace({ packageJson: { name: 'linked' } })
    symlinkSync(outside.root, linked.path('src'))
    await expect(init({ dir: linked.root }, keepOutput())).rejects.toThrow('symbolic link')
    for (const { root } of [broken, odd]) expect(readdirSync(root)).toEqual(['package.json'])
    expect(readdirSync(outside.root)).toEqual([])
  })
})
