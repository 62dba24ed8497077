import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeWorkspace, ROOT, runCli, runProcess, type Workspace } from '../support/workspace.ts'

const snapshot = ({ root, read }: Workspace) => [readdirSync(root, { recursive: true }).sort(), read('package.json')]

describe('webstir add-job', () => {
  it('leaves fifty entries and fifty files when fifty run at once', async () => {
    const workspace = makeWorkspace()
    const names = Array.from({ length: 50 }, (_, index) => `job-${index}`).sort()
    const ended = await Promise.all(names.map((name) => runCli(['add-job', name], { cwd: workspace.root })))
    expect(ended.filter(({ code }) => code !== 0)).toEqual([])
    const { jobs } = JSON.parse(workspace.read('package.json')).webstir.module
    expect(jobs.map(({ name }: { name: string }) => name).sort()).toEqual(names)
    expect(readdirSync(workspace.path('src/backend/jobs')).sort()).toEqual(names)
    for (const name of names) expect(workspace.read(`src/backend/jobs/${name}/index.ts`)).toContain(`${name} started`)
    expect(readdirSync(workspace.root).sort()).toEqual(['package.json', 'src'])
  }, 180_000)

  it('lets one of many with the same name win', async () => {
    const workspace = makeWorkspace()
    const ended = await Promise.all(
      Array.from({ length: 6 }, () => runCli(['add-job', 'same'], { cwd: workspace.root })),
    )
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1, 1, 1])
    expect(JSON.parse(workspace.read('package.json')).webstir.module.jobs).toEqual([{ name: 'same' }])
  })

  it('changes nothing but the added entry in a package.json with tabs, CRLF and no final newline', async () => {
    const before =
      '{\r\n\t"scripts": {"x":"y"},\r\n\t"webstir": {\r\n\t\t"zeta": [1,2 , 3],\r\n\t\t"module": {\r\n\t\t\t"jobs": [\r\n\t\t\t\t{\r\n\t\t\t\t\t"priority": 1.0,\r\n\t\t\t\t\t"name": "old",\r\n\t\t\t\t\t"myOwn": { "a" : null }\r\n\t\t\t\t}\r\n\t\t\t],\r\n\t\t\t"name": "m"\r\n\t\t}\r\n\t},\r\n\t"name": "odd"\r\n}'
    const workspace = makeWorkspace({ packageJson: before })
    expect((await runCli(['add-job', 'new', '--schedule', '@daily'], { cwd: workspace.root })).code).toBe(0)
    const added = ',\r\n\t\t\t\t{\r\n\t\t\t\t\t"name": "new",\r\n\t\t\t\t\t"schedule": "@daily"\r\n\t\t\t\t}'
    const place = before.indexOf('\r\n\t\t\t],')
    expect(workspace.read('package.json')).toBe(before.slice(0, place) + added + before.slice(place))
  })

  it('writes to webstir.moduleManifest.jobs where the workspace has that key', async () => {
    const workspace = makeWorkspace({
      packageJson: {
        name: 'legacy',
        type: 'module',
        webstir: { mode: 'api', moduleManifest: { contractVersion: '1.0.0', kind: 'backend', jobs: [] } },
      },
    })
    const { code, stdout } = await runCli(['add-job', 'nightly', '-s', '0 0 * * *', '--json'], { cwd: workspace.root })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).path).toBe('webstir.moduleManifest.jobs[0]')
    expect(JSON.parse(workspace.read('package.json')).webstir).toEqual({
      mode: 'api',
      moduleManifest: { contractVersion: '1.0.0', kind: 'backend', jobs: [{ name: 'nightly', schedule: '0 0 * * *' }] },
    })
    const list = await runCli(['list-jobs', '--json'], { cwd: workspace.root })
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'nightly' }])
  })

  it.each([
    ['broken JSON', '{\n  "webstir": {\n', /package\.json:\d+:\d+: broken JSON/],
    [
      'jobs that is no array',
      '{ "webstir": { "module": { "jobs": "none" } } }',
      /webstir\.module\.jobs must be an array, and is a string/,
    ],
    ['no webstir', '{ "name": "x" }', /is in no workspace/],
  ])('refuses a package.json with %s', async (_, packageJson, message) => {
    const workspace = makeWorkspace({ packageJson })
    const before = snapshot(workspace)
    const { code, stderr } = await runCli(['add-job', 'x'], { cwd: workspace.root })
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(2)
    expect(snapshot(workspace)).toEqual(before)
  })

  it('refuses a package.json that is read-only', async () => {
    const workspace = makeWorkspace()
    chmodSync(workspace.path('package.json'), 0o444)
    const before = snapshot(workspace)
    const { code, stderr } = await runCli(['add-job', 'x'], { cwd: workspace.root })
    expect(code).toBe(1)
    expect(stderr).toContain('package.json is read-only\nHint: allow writing')
    expect(snapshot(workspace)).toEqual(before)
  })

  it('adds beside two entries of one name, and lists tell of them', async () => {
    const jobs = [{ name: 'twin' }, { name: 'twin', schedule: '@daily' }]
    const workspace = makeWorkspace({ packageJson: { webstir: { module: { jobs } } } })
    expect((await runCli(['add-job', 'x'], { cwd: workspace.root })).code).toBe(0)
    expect((await runCli(['add-job', 'twin'], { cwd: workspace.root })).code).toBe(1)
    const list = await runCli(['list-jobs'], { cwd: workspace.root })
    expect(list.code).toBe(0)
    expect(list.stdout + list.stderr).toContain('"twin" is already the name of')
  })

  it('takes the source file back when package.json can no longer be written', async () => {
    // A limit on the size of files: the source is below it, the new package.json is not.
    const workspace = makeWorkspace({
      packageJson: { webstir: { module: { jobs: [] } }, padding: 'x'.repeat(8_000) },
    })
    const before = snapshot(workspace)
    const cli = join(ROOT, 'dist', 'cli', 'bin.js')
    const limited = `ulimit -f 4 && exec "${process.execPath}" "${cli}" add-job x`
    const { code, stderr } = await runProcess('bash', ['-c', limited], { cwd: workspace.root })
    expect(stderr).toContain('EFBIG')
    expect(code).toBe(1)
    expect(snapshot(workspace)).toEqual(before)
  })
})

describe('webstir remove-job', () => {
  it('leaves package.json and the folders as they were before add-job, also when many run at once', async () => {
    const workspace = makeWorkspace({ files: { 'src/backend/jobs/README.md': '' } })
    const before = snapshot(workspace)
    const names = Array.from({ length: 8 }, (_, index) => `job${index}`)
    await Promise.all(names.map((name) => runCli(['add-job', name, '-s', '@daily'], { cwd: workspace.root })))
    await Promise.all(names.map((name) => runCli(['remove-job', name], { cwd: workspace.root })))
    expect(snapshot(workspace)).toEqual(before)
  })
})
