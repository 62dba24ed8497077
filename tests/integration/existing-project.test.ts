import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { link, makeWorkspace, ROOT, runCli, runNode, runProcess, type Workspace } from '../support/workspace.ts'

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

async function webstir(project: Workspace, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { cwd: project.root })
  expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' })
  return stdout
}

const TYPED = `import type { JobContext } from 'webstir-jobs'
import { greeting } from '../../../lib/greeting'

export async function run(ctx: JobContext): Promise<void> {
  await ctx.database.execute('create table if not exists greeted (name text)')
  ctx.log.info(greeting('Ada'))
}
`

describe('a CommonJS project with its own tsconfig.json', () => {
  let project: Workspace
  beforeAll(async () => {
    project = makeWorkspace({
      packageJson: { name: 'shop', version: '1.0.0', scripts: { build: 'tsc' } },
      files: {
        'tsconfig.json': JSON.stringify({
          compilerOptions: {
            module: 'node16',
            target: 'es2022',
            strict: true,
            outDir: 'dist',
            rootDir: 'src',
            types: ['node'],
          },
          include: ['src'],
          exclude: ['src/backend'],
        }),
        'src/index.ts': `import { greeting } from './lib/greeting'\nconsole.log(greeting('app'))\n`,
        'src/lib/greeting.ts': `export const greeting = (name: string): string => 'hello ' + name\n`,
        'lib/old.js': `const { join } = require('node:path')\nmodule.exports = { where: () => join(__dirname, 'x') }\n`,
      },
    })
    await webstir(project, 'init', '.')
    link(project)
    await webstir(project, 'add-job', 'typed', '--schedule', '@daily')
    await webstir(project, 'add-job', 'plain')
    project.write('src/backend/jobs/typed/index.ts', TYPED)
    project.write('src/backend/jobs/plain/index.ts', '')
  })

  it('has jobs that are built with their types checked, and run', async () => {
    project.write(
      'src/backend/jobs/plain/index.ts',
      `import old from '../../../../lib/old.js'\nexport async function run() { console.info(old.where()) }\n`,
    )
    project.write('lib/old.d.ts', 'declare const old: { where(): string }\nexport default old\n')
    expect(await webstir(project, 'build')).toContain('types checked')
    const scheduler = project.path('build/backend/jobs/scheduler.js')
    expect(await runNode([scheduler, '--list'])).toMatchObject({ code: 0, stderr: '' })
    expect(await runNode([scheduler, '--job', 'typed'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('hello Ada'),
    })
    const plain = await runNode([project.path('build/backend/jobs/plain/index.js')])
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(/build\/backend\S*\/x/) })
    // Both stores are in the project, not in the build, which has a package.json of its own.
    for (const name of ['jobs', 'dev'])
      expect(readFileSync(project.path(`data/${name}.sqlite`)).length).toBeGreaterThan(0)
  })

  it('keeps its own program and its own compilation', async () => {
    expect(await runNode([TSC, '-p', '.'], { cwd: project.root })).toEqual({ code: 0, stdout: '', stderr: '' })
    expect((await runNode([project.path('dist/index.js')])).stdout).toBe('hello app\n')
  })

  it('can require what is not bundled from a job in CommonJS', async () => {
    project.write('node_modules/greeter/package.json', '{ "name": "greeter", "main": "index.js" }')
    project.write('node_modules/greeter/index.js', `exports.greet = () => 'greetings'`)
    project.write(
      'lib/old.js',
      `const { greet } = require('greeter')\nmodule.exports = { where: () => greet() + require('node:path').sep }\n`,
    )
    await webstir(project, 'build')
    const { code, stdout } = await runNode([project.path('build/backend/jobs/plain/index.js')])
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('greetings/') })
  })
})

describe('a job in CommonJS', () => {
  const file = (name: string): string => `src/backend/jobs/${name}/index.js`
  it('gets the context where it exports run, and its arguments where it is an object with meta', async () => {
    const project = makeWorkspace({
      packageJson: {
        name: 'shop',
        type: 'commonjs',
        webstir: { module: { jobs: ['named', 'whole', 'object'].map((name) => ({ name, args: ['given'] })) } },
      },
      files: {
        [file('named')]: `exports.run = (ctx) => console.log(ctx.job, ctx.args.join())\n`,
        [file('whole')]: `module.exports = { async run(ctx) { this.log.info(ctx.job + ' ' + ctx.args.join()) } }\n`,
        [file('object')]: `module.exports = { meta() {}, run(first) { console.log(this.job, first) } }\n`,
      },
      linked: true,
    })
    await webstir(project, 'build', '--no-typecheck')
    for (const job of ['named', 'whole', 'object']) {
      const ran = await runNode([project.path('build/backend/jobs/scheduler.js'), '--job', job])
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`[${job}] ${job} given`) })
    }
  })
})

describe('a project with its jobs elsewhere', () => {
  it('adds, builds, lists, runs and removes them there', async () => {
    const project = makeWorkspace({ packageJson: { name: 'shop', type: 'module' } })
    await webstir(project, 'init', '.', '--jobs-dir', 'server/jobs')
    link(project)
    expect(await webstir(project, 'add-job', 'hello', '--schedule', '@daily')).toContain('+ server/jobs/hello/index.ts')
    project.write('server/jobs/hooks.ts', `export default { onSuccess: () => console.log('hooked') }\n`)
    expect(await webstir(project, 'build')).toContain('Built 1 job into build/backend')
    const hello = await runNode([project.path('build/backend/jobs/hello/index.js')])
    expect(hello).toMatchObject({ code: 0, stdout: expect.stringContaining('hello started') })
    const inspected = JSON.parse(await webstir(project, 'backend-inspect', '--json'))
    expect(inspected).toMatchObject({ problems: [], jobs: [{ source: 'server/jobs/hello/index.ts' }] })
    project.write('server/jobs/stray/index.ts', 'export async function run() {}\n')
    const { stderr } = await runCli(['build'], { cwd: project.root })
    expect(stderr).toContain('server/jobs/stray/index.ts: warning: job stray is not in the manifest')
    expect(await webstir(project, 'remove-job', 'hello')).toContain('- server/jobs/hello/index.ts')
  })
})

describe('an installed tarball', () => {
  const NPM = ['--no-audit', '--no-fund', '--loglevel', 'warn']

  it('writes a dependency that can be installed, and no script of which npm warns', async () => {
    const place = makeWorkspace({ packageJson: null, files: { 'tool/package.json': '{}' } })
    const npm = async (folder: string, ...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await runProcess('npm', [...args, ...NPM], { cwd: place.path(folder) })
      expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' })
      return stdout.trim()
    }
    const packed = await runProcess('npm', ['pack', '--ignore-scripts', '--pack-destination', place.root], {
      cwd: ROOT,
    })
    const tarball = packed.stdout.trim().split('\n').at(-1) ?? ''
    await runProcess('npm', ['install', `../${tarball}`, ...NPM], { cwd: place.path('tool') })
    const made = await runProcess(place.path('tool/node_modules/.bin/webstir'), ['init', '../shop', '--yes'], {
      cwd: place.path('tool'),
    })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(place.read('shop/package.json')).dependencies['webstir-jobs']).toBe(`file:../${tarball}`)
    await npm('shop', 'install')
    const added = await runProcess(place.path('shop/node_modules/.bin/webstir'), ['add-job', 'hello'], {
      cwd: place.path('shop'),
    })
    expect(added).toMatchObject({ code: 0, stderr: '' })
    expect(await runProcess('npm', ['run', 'build'], { cwd: place.path('shop') })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('types checked'),
    })
  }, 240_000)
})
