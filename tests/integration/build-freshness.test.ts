import { rmSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeWorkspace, runCli, type Workspace } from '../support/workspace.ts'

const MEMORY = { env: { JOBS_STORE_URL: 'memory:' } }
let workspace: Workspace

const run = (...words: string[]) => runCli(['run-job', ...words, '--workspace', workspace.root], MEMORY)
const inspect = async () =>
  JSON.parse((await runCli(['backend-inspect', '--json', '--workspace', workspace.root])).stdout)

beforeEach(() => {
  const packageJson = {
    name: 'shop',
    version: '1.0.0',
    type: 'module',
    webstir: {
      mode: 'api',
      module: {
        jobs: [
          {
            name: 'hello',
            schedule: ['0 9 * * *', '@reboot'],
            description: 'Says hello',
            timeout: '1m',
            args: ['you'],
          },
          { name: 'other', schedule: 'rate(5 minutes)', prioritty: 1 },
        ],
      },
    },
  }
  const files = {
    'src/backend/lib.js': "export const word = 'hello'\n",
    'src/backend/jobs/hello/index.js': `import { word } from '../../lib.js'
export const run = ({ args }) => {
  console.log(word, ...args)
  if (args[0] === 'fail') throw new Error('as asked')
}
`,
    'src/backend/jobs/other/index.js': 'export const run = () => {}\n',
  }
  workspace = makeWorkspace({ packageJson, files })
})

describe('webstir run-job', () => {
  it('builds where there is no build, and only then', async () => {
    const first = await run('hello')
    const second = await run('hello', '--args', '["world"]')

    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('hello you') })
    expect(first.stderr).toContain('Building: there is no build')
    expect(second).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('hello world') })
  })

  it('builds again when a source, the manifest or the set of jobs has changed', async () => {
    await run('hello')
    workspace.write('src/backend/lib.js', "export const word = 'good day'\n")
    const changed = await run('hello')
    workspace.write('package.json', workspace.read('package.json').replace('"you"', '"all"'))
    const edited = await run('hello')
    workspace.write('src/backend/jobs/new/index.js', 'export const run = () => {}\n')
    const added = await run('hello')
    rmSync(workspace.path('src/backend/jobs/new'), { recursive: true })
    const removed = await run('hello')

    expect(changed.stdout).toContain('good day you')
    expect(changed.stderr).toContain('Building: src/backend/lib.js has changed')
    expect(edited.stdout).toContain('good day all')
    expect(added.stderr).toContain('Building: src/backend/jobs/new/index.js was added')
    expect(removed.stderr).toContain('has changed')
  })

  it('ends as the job ends', async () => {
    expect(await run('hello', '--args', '["fail"]')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('as asked'),
    })
  })

  it('suggests a name for a job that does not exist', async () => {
    const { code, stderr } = await run('helo')

    expect(code).toBe(1)
    expect(stderr).toContain('did you mean "hello"?')
  })
})

describe('webstir backend-inspect --json', () => {
  it('has the documented keys', async () => {
    const inspection = await inspect()

    expect(Object.keys(inspection)).toEqual([
      'workspace',
      'name',
      'version',
      'mode',
      'manifestKey',
      'settings',
      'build',
      'migrations',
      'jobs',
      'problems',
      'nodes',
    ])
    expect(inspection.jobs[0]).toMatchObject({
      name: 'hello',
      description: 'Says hello',
      priority: null,
      enabled: true,
      schedules: [
        { schedule: '0 9 * * *', words: expect.stringContaining('09:00'), origin: 'manifest', kind: 'cron' },
        { schedule: '@reboot', next: null, note: 'on start', kind: 'reboot' },
      ],
      timezone: 'UTC',
      args: ['you'],
      policies: { overlap: 'skip', timeout: '1m', retry: { attempts: 1, delay: '10s' } },
      notDefault: ['timeout'],
      source: 'src/backend/jobs/hello/index.js',
      built: { path: 'build/backend/jobs/hello/index.js', exists: false, fresh: false },
    })
    expect(inspection.problems).toEqual([
      {
        severity: 'warning',
        code: 'UNKNOWN_KEY',
        job: 'other',
        path: 'webstir.module.jobs[1].prioritty',
        message: expect.any(String),
        hint: 'did you mean "priority"?',
      },
    ])
  })

  it('says of each job whether its build is fresh', async () => {
    await run('hello')
    expect(await inspect()).toMatchObject({ build: { exists: true, fresh: true, reason: null } })

    workspace.write('src/backend/lib.js', "export const word = 'changed'\n")
    const { build, jobs } = await inspect()

    expect(build).toMatchObject({ exists: true, fresh: false, reason: 'src/backend/lib.js has changed' })
    expect(jobs.map(({ built }: { built: { fresh: boolean } }) => built.fresh)).toEqual([false, true])
  })

  it('has the schedules from code once there is a build to ask', async () => {
    workspace.write(
      'src/backend/jobs/other/index.js',
      "export default { meta() { this.schedule('@hourly') }, run() {} }\n",
    )
    await run('hello')

    const { jobs } = await inspect()

    expect(jobs[1].schedules).toMatchObject([
      { schedule: 'rate(5 minutes)', origin: 'manifest' },
      { schedule: '@hourly', origin: 'code', words: expect.any(String) },
    ])
  })
})
