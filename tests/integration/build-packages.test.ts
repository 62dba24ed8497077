import { rmSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

const GREETER = {
  'node_modules/greeter/package.json': '{ "name": "greeter", "main": "index.js" }',
  'node_modules/greeter/index.js':
    "const { word } = require('words'); const { sep } = require('path'); exports.greet = (name) => word + sep + name\n",
  'node_modules/words/package.json': '{ "name": "words", "type": "module", "exports": "./words.js" }',
  'node_modules/words/words.js': "export const word = 'hello'\n",
  'node_modules/@org/other/package.json': '{ "name": "@org/other", "type": "module", "exports": "./other.js" }',
  'node_modules/@org/other/other.js': "export const other = 'other'\n",
}
const HELLO = `import { greet } from 'greeter'
import { other } from '@org/other'
import { aliased } from '@/aliased'

export async function run() { console.log(greet(other + aliased)) }
`

let workspace: Workspace

beforeEach(() => {
  workspace = makeWorkspace({
    packageJson: { name: 'w', type: 'module', webstir: { module: { jobs: [{ name: 'hello' }, { name: 'second' }] } } },
    files: {
      ...GREETER,
      'src/backend/jobs/hello/index.ts': HELLO,
      'src/backend/jobs/second/index.ts': 'export async function run() {}\n',
      'src/lib/aliased.ts': "export const aliased = '!'\n",
      'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '@/*': ['./src/lib/*'] } } }),
    },
    linked: true,
  })
})

const build = () => runCli(['build', '--no-typecheck'], { cwd: workspace.root })
const run = (job = 'hello') => runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', job])
const remove = (path: string): void => rmSync(workspace.path(path), { recursive: true })

function setBundle(bundle: unknown): void {
  const { webstir, ...rest } = JSON.parse(workspace.read('package.json'))
  workspace.write('package.json', JSON.stringify({ ...rest, webstir: { ...webstir, build: { bundle } } }))
}

describe('a package that a job imports', () => {
  it('stays outside of the build, and is named where it is missing', async () => {
    expect(await build()).toEqual({ code: 0, stderr: '', stdout: expect.any(String) })
    expect((await run()).stdout).toContain('hello/other!')
    remove('node_modules/@org')
    const { code, stdout } = await run()
    expect(code).toBe(1)
    expect(stdout).toContain(
      'job \\"hello\\": @org/other, imported by src/backend/jobs/hello/index.ts, is not installed here',
    )
    expect(stdout).not.toContain('no built module')
    remove('build/backend/jobs/second/index.js')
    expect((await run('second')).stdout).toContain(
      'job \\"second\\" has no built module at build/backend/jobs/second/index.js',
    )
  })

  it('is warned of by the build where it is not installed', async () => {
    remove('node_modules/greeter')
    const { code, stderr } = await build()
    expect(code).toBe(0)
    expect(stderr).toContain('src/backend/jobs/hello/index.ts: warning: greeter is not installed in this workspace')
    expect(stderr).not.toContain('words')
  })

  it('becomes part of the build by webstir.build.bundle, with what it imports', async () => {
    setBundle(['greeter'])
    expect(await build()).toMatchObject({ code: 0, stderr: '' })
    remove('node_modules/greeter')
    remove('node_modules/words')
    expect((await run()).stdout).toContain('hello/other!')
    remove('node_modules/@org')
    expect((await run()).stdout).toContain('@org/other, imported by src/backend/jobs/hello/index.ts, is not installed')
  })

  it('becomes part of the build with all others where bundle is true', async () => {
    setBundle(true)
    expect(await build()).toMatchObject({ code: 0, stderr: '' })
    for (const name of ['greeter', 'words', '@org']) remove(`node_modules/${name}`)
    expect((await run()).stdout).toContain('hello/other!')
  })

  it('is named where the database client of a job needs it', async () => {
    workspace.write(
      'src/backend/db/connection.ts',
      "import { other } from '@org/other'\nexport const createDatabaseClient = () => ({ query: () => [other], close() {} })\n",
    )
    workspace.write('src/backend/jobs/second/index.ts', 'export const run = (ctx) => ctx.database.query("select 1")\n')
    expect(await build()).toMatchObject({ code: 0 })
    expect((await run('second')).code).toBe(0)
    remove('node_modules/@org')
    const { code, stdout } = await run('second')
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'needs @org/other, imported by src/backend/db/connection.ts, which is not installed',
      ),
    })
  })

  it('is an error by name where the setting is wrong', async () => {
    setBundle('greeter')
    const { code, stderr } = await build()
    expect(code).toBe(1)
    expect(stderr).toContain('package.json: webstir.build.bundle is "greeter"')
    const { webstir, ...rest } = JSON.parse(workspace.read('package.json'))
    workspace.write('package.json', JSON.stringify({ ...rest, webstir: { ...webstir, build: { sourcemaps: false } } }))
    const misspelt = await build()
    expect(misspelt.code).toBe(1)
    expect(misspelt.stderr).toContain('webstir.build.sourcemaps is not a setting\nHint: did you mean "sourceMaps"?')
  })
})

describe('a file that a source names by URL', () => {
  beforeEach(() => {
    const reads = (path: string) => `readFileSync(new URL('${path}', import.meta.url), 'utf8')`
    workspace.write(
      'src/lib/text.ts',
      `import { readFileSync } from 'node:fs'\nexport const text = () => ${reads('./mail.txt')}\n`,
    )
    workspace.write('src/lib/mail.txt', 'of the library')
    workspace.write('src/backend/templates/deep/a.txt', 'of the folder')
    for (const job of ['hello', 'second']) {
      workspace.write(`src/backend/jobs/${job}/mail.txt`, `of ${job}`)
      workspace.write(
        `src/backend/jobs/${job}/index.ts`,
        `import { readFileSync } from 'node:fs'
import { text } from '../../../lib/text'
const folder = new URL("../../templates/", import.meta.url)
export async function run() {
  console.log([${reads('./mail.txt')}, text(), readFileSync(new URL('deep/a.txt', folder), 'utf8')].join(', '))
}
`,
      )
    }
  })

  it('is copied, and found from wherever the source ends up', async () => {
    expect(await build()).toMatchObject({ code: 0, stderr: '' })
    remove('src')
    for (const job of ['hello', 'second']) {
      expect((await run(job)).stdout).toContain(`of ${job}, of the library, of the folder`)
    }
  })

  it('makes the build stale when it changes', async () => {
    const fresh = async () =>
      JSON.parse((await runCli(['backend-inspect', '--json'], { cwd: workspace.root })).stdout).build.fresh
    await build()
    expect(await fresh()).toBe(true)
    workspace.write('src/backend/templates/deep/a.txt', 'changed it is')
    expect(await fresh()).toBe(false)
  })

  it('is said not to be built where it is code', async () => {
    workspace.write('src/backend/jobs/hello/thread.ts', 'export {}\n')
    workspace.write(
      'src/backend/jobs/hello/index.ts',
      `export async function run() { console.log(new URL('./thread.ts', import.meta.url)) }\n`,
    )
    expect((await build()).stderr).toContain('./thread.ts is code, which is not built where a URL names it')
  })
})
