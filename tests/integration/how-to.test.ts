import { symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Inspection } from '../../cli/bundler/inspection.ts'
import { link, makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

const Database: typeof import('libsql') = createRequire(import.meta.url)('libsql')

/** The job of Webstir's guide "Add a Backend Job", which its users follow word for word. */
const JOB = `// src/backend/jobs/cleanup/index.ts
import { createDatabaseClient } from '../../db/connection';

export async function run() {
  const db = await createDatabaseClient();
  const stale = await db.query('select id from sessions where expires_at < datetime("now")');
  if (stale.length > 0) {
    await db.execute('delete from sessions where id in (?)', [stale.map((row) => row.id)]);
    console.info('[jobs] cleaned sessions', { count: stale.length });
  } else {
    console.info('[jobs] no sessions to clean');
  }
  await db.close();
}
`

/** How a job ends that Webstir's own add-job has written; its two versions. */
const ENDINGS = {
  newer: `import path from 'node:path';
import { fileURLToPath } from 'node:url';
export async function run(): Promise<void> {
  console.info('[job:NAME] ran at', process.argv[1]);
}

// Execute when launched directly: \`bun build/backend/jobs/NAME/index.js\`
const entrypointPath = process.argv[1];
if (entrypointPath && path.resolve(entrypointPath) === fileURLToPath(import.meta.url)) {
  run().catch((err) => {
    console.error(err);
    process.exitCode = 1;
  });
}
`,
  older: `export async function run(): Promise<void> {
  console.info('[job:NAME] ran at', process.argv[1]);
}

const isMain = (() => {
  try {
    const argv1 = process.argv?.[1];
    if (!argv1) return false;
    const here = new URL(import.meta.url);
    const run = new URL(\`file://\${argv1}\`);
    return here.pathname === run.pathname;
  } catch {
    return false;
  }
})();

if (isMain) {
  run().catch((err) => {
    console.error(err);
    process.exitCode = 1;
  });
}
`,
}

let shop: Workspace

beforeAll(async () => {
  shop = makeWorkspace({ packageJson: null })
  const made = await runCli(['init', '.', '--name', 'shop', '--yes'], { cwd: shop.root })
  expect(made.code, made.stderr).toBe(0)
  link(shop)
})

const webstir = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCli(args, { cwd: shop.root })
  expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' })
  return stdout
}
const built = (path: string): string => shop.path(`build/backend/jobs/${path}`)

describe("Webstir's guide", () => {
  it('leads to a job that builds with its types checked, and deletes what has expired', async () => {
    await webstir('add-job', 'cleanup')
    await webstir('add-job', 'nightly', '--schedule', '0 0 * * *', '--description', 'Nightly maintenance window')
    shop.write('src/backend/jobs/cleanup/index.ts', JOB)
    expect(await webstir('build', '--runtime', 'backend')).toContain('types checked')
    shop.write('data/.keep', '')
    const database = new Database(shop.path('data/dev.sqlite'))
    database.exec(`create table sessions (id integer primary key, expires_at text);
      insert into sessions (expires_at) values ('2001-01-01'), ('2002-01-01'), ('2999-01-01')`)

    const listed = await runNode([built('scheduler.js'), '--list'])
    expect(listed.stdout).toMatch(/cleanup[\s\S]*nightly {2}0 0 \* \* \*/)
    const first = await runNode([built('scheduler.js'), '--job', 'cleanup'])
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('cleaned sessions { count: 2 }') })
    const second = await runNode([built('cleanup/index.js')])
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('no sessions to clean') })

    expect(database.prepare('select expires_at from sessions').all()).toEqual([{ expires_at: '2999-01-01' }])
    database.close()
    expect(await webstir('backend-inspect')).toContain('Nightly maintenance window')
  })
})

describe("A job written by Webstir's own add-job", () => {
  it.each(Object.entries(ENDINGS))('runs once when it is executed directly (%s form)', async (name, text) => {
    shop.write(`src/backend/jobs/${name}/index.ts`, text)
    shop.write('package.json', shop.read('package.json').replace('"jobs": [', `"jobs": [{ "name": "${name}" }, `))
    await webstir('build')
    symlinkSync(shop.path('build/backend/jobs'), shop.path(`link-${name}`))
    for (const path of [built(`${name}/index.js`), built(name), shop.path(`link-${name}/${name}/index.js`)]) {
      const { code, stdout } = await runNode([path])
      expect({ code, runs: stdout.match(/ran at/g)?.length }, stdout).toEqual({ code: 0, runs: 1 })
      expect(stdout).toContain(`ran at ${built('scheduler.js')}`)
    }
    const imported = await runNode([
      '--input-type=module',
      '--eval',
      `await import('file://${built(`${name}/index.js`)}')`,
    ])
    expect(imported).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('A Webstir workspace', () => {
  it('has its types checked by src/backend/tsconfig.json', async () => {
    const workspace = makeWorkspace({
      files: {
        'base.tsconfig.json': JSON.stringify({
          files: [],
          compilerOptions: { target: 'ES2022', module: 'esnext', moduleResolution: 'Bundler', strict: true, types: [] },
        }),
        'src/backend/tsconfig.json': JSON.stringify({
          extends: '../../base.tsconfig.json',
          compilerOptions: { composite: true, rootDir: '.', outDir: '../../build/backend' },
          include: ['./**/*'],
        }),
        'src/backend/jobs/typed/index.ts':
          'export async function run() { const wrong: number = "text"; return wrong }\n',
      },
      packageJson: { name: 'w', webstir: { moduleManifest: { jobs: [{ name: 'typed' }] } } },
    })
    for (const isLinked of [false, true]) {
      if (isLinked) link(workspace)
      const { code, stderr } = await runCli(['build'], { cwd: workspace.root })
      expect(code).toBe(1)
      expect(stderr).toContain('src/backend/jobs/typed/index.ts:1:37: error: TS2322')
    }
    workspace.write('src/backend/jobs/typed/index.ts', 'export async function run() {}\n')
    expect(await runCli(['build'], { cwd: workspace.root })).toMatchObject({ code: 0, stderr: '' })
  })

  it('is reported where no types can be checked', async () => {
    const workspace = makeWorkspace({
      files: { 'src/backend/jobs/typed/index.ts': 'export async function run() {}\n' },
      packageJson: { name: 'w', webstir: { module: { jobs: [{ name: 'typed' }] } } },
      linked: true,
    })
    const { code, stderr } = await runCli(['build'], { cwd: workspace.root })
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('there is no tsconfig.json') })
  })

  it('has no fresh build where another program has written it', async () => {
    await webstir('build')
    expect(JSON.parse(await webstir('backend-inspect', '--json')).build).toMatchObject({ fresh: true })
    shop.write('build/backend/jobs/cleanup/index.js', 'export async function run() {}\n')
    const { build, jobs }: Inspection = JSON.parse(await webstir('backend-inspect', '--json'))
    expect(build).toMatchObject({
      fresh: false,
      reason: expect.stringContaining('jobs/cleanup/index.js was written by'),
    })
    expect(jobs.find(({ name }) => name === 'cleanup')?.built).toMatchObject({ exists: true, fresh: false })
  })
})

describe('The built scheduler of the guide', () => {
  const scheduler = (args: readonly string[], env = {}) => runNode([built('scheduler.js'), ...args], { env })

  it('prints data alone with --json', async () => {
    await webstir('build')
    const { code, stdout } = await scheduler(['--json'])
    expect({ code, jobs: JSON.parse(stdout).length > 1 }).toEqual({ code: 0, jobs: true })
  })

  it('says why it ends where there is nothing to watch', async () => {
    const empty = makeWorkspace({ linked: true })
    await runCli(['build'], { cwd: empty.root })
    const none = await runNode([empty.path('build/backend/jobs/scheduler.js'), '--watch'])
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to watch: there is no job') })
  })

  it('takes a blank WORKSPACE_ROOT for none, and WEBSTIR_WORKSPACE_ROOT for another', async () => {
    const other = makeWorkspace({
      packageJson: { name: 'other', webstir: { module: { jobs: [{ name: 'elsewhere' }] } } },
    })
    expect((await scheduler(['--list'], { WORKSPACE_ROOT: ' ' })).stdout).toContain('cleanup')
    const elsewhere = await scheduler(['--list'], { WORKSPACE_ROOT: '', WEBSTIR_WORKSPACE_ROOT: other.root })
    expect(elsewhere.stdout).toContain('elsewhere')
  })

  it('belongs to a workspace that -w names', async () => {
    const listed = await runCli(['-w', shop.root, 'list-jobs'])
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('cleanup') })
    expect(await runCli(['build', '-w', shop.root])).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('add-job and build', () => {
  it('say where webstir-jobs or the driver of SQLite is not installed', async () => {
    const bare = makeWorkspace({})
    for (const args of [
      ['add-job', 'hello'],
      ['build', '--no-typecheck'],
    ]) {
      const { code, stderr } = await runCli(args, { cwd: bare.root })
      expect(code, stderr).toBe(0)
      expect(stderr).toMatch(/webstir-jobs is not installed in this workspace.*npm install/)
    }
  })
})
