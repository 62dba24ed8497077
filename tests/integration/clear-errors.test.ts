import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeWorkspace, runCli, runNode } from '../support/workspace.ts'

const RUN = 'export async function run() {}\n'
const packageJson = (webstir: object) => ({ name: 'test', version: '1.0.0', type: 'module', webstir })
const workspaceOf = (webstir: object, files: Readonly<Record<string, string>> = {}) =>
  makeWorkspace({
    packageJson: packageJson(webstir),
    files: { 'src/backend/jobs/a/index.ts': RUN, ...files },
    linked: true,
  })
const one = { mode: 'api', module: { jobs: [{ name: 'a', multiTenant: true }] } }

describe('what is wrong is said once, with its place', () => {
  it('a build that can not be written', async () => {
    const { root } = workspaceOf(one, { build: 'a file' })
    const { code, stderr } = await runCli(['build', '--no-typecheck'], { cwd: root })
    expect(code).toBe(1)
    expect(stderr.trimEnd().split('\n')).toHaveLength(2)
    expect(stderr).toMatch(/^Error: .*build.*\nHint: /)
  })

  it('hooks that are not there, by their key: for the build, and for a scheduler that was built before', async () => {
    const { root, write } = workspaceOf(one)
    expect(await runCli(['build', '--no-typecheck'], { cwd: root })).toMatchObject({ code: 0 })
    write('package.json', JSON.stringify(packageJson({ ...one, scheduler: { hooks: 'src/nope.ts' } })))
    const built = await runCli(['build', '--no-typecheck'], { cwd: root })
    expect(built.code).toBe(1)
    expect(built.stderr).toMatch(/^Error: package.json: webstir.scheduler.hooks: there is no src\/nope.ts\nHint: /)
  })

  it('tenants that are not there, by the key that needs them', async () => {
    const { root } = workspaceOf(one)
    expect(await runCli(['build', '--no-typecheck'], { cwd: root })).toMatchObject({ code: 0 })
    const { code, stdout } = await runNode(['build/backend/jobs/scheduler.js', '--job', 'a'], { cwd: root })
    expect(code).toBe(1)
    expect(stdout).toContain('the build has no src/backend/tenants.ts, which \\"multiTenant\\" needs')
  })

  it('a package.json that is broken, missing or of another form, alike by command line and built scheduler', async () => {
    const { root, write, path } = workspaceOf(one)
    expect(await runCli(['build', '--no-typecheck'], { cwd: root })).toMatchObject({ code: 0 })
    const list = ['build/backend/jobs/scheduler.js', '--list']
    for (const text of ['{ "webstir": ', '', '[]', '{ "webstir": { "module": { "jobs": 1 } } }', null]) {
      if (text === null) rmSync(path('package.json'))
      else write('package.json', text)
      const byScheduler = await runNode(list, { cwd: root })
      expect(byScheduler).toMatchObject({ code: 1, stdout: '' })
      expect(byScheduler.stderr).toMatch(/^Error: .*package\.json.*\nHint: .*\n$/)
      expect((await runCli(['list-jobs', '--workspace', root])).stderr).toBe(byScheduler.stderr)
    }
  })
})
