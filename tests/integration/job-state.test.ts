import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobWithState } from '../../cli/commands/list-jobs.ts'
import { link, makeWorkspace, type RunOptions, runCli, runNode, type Workspace } from '../support/workspace.ts'

const JOBS = [
  { name: 'good', schedule: '0 0 * * *' },
  { name: 'bad' },
  { name: 'in-shell', schedule: '@daily' },
  { name: 'in-file', schedule: '@daily' },
  { name: 'tenants', schedule: '@daily' },
  { name: 'objects' },
]
const RUN = 'export async function run() {}\n'

let workspace: Workspace
const webstir = (args: readonly string[], env: RunOptions['env'] = {}) => runCli(args, { cwd: workspace.root, env })
const list = async (): Promise<JobWithState[]> => JSON.parse((await webstir(['list-jobs', '--json'])).stdout)
const sourceOf = (name: string): string => `src/backend/jobs/${name}/index.ts`

beforeAll(async () => {
  workspace = makeWorkspace({
    packageJson: { name: 'test', version: '1.0.0', type: 'module', webstir: { mode: 'api', module: { jobs: JOBS } } },
    files: {
      '.env': 'IN_FILE_ENABLED=off\n',
      ...Object.fromEntries(JOBS.map(({ name }) => [sourceOf(name), RUN])),
      [sourceOf('bad')]: `export async function run() { throw new Error('as asked') }\n`,
      [sourceOf('tenants')]: `${RUN}export const multiTenant = true\n`,
      [sourceOf('objects')]: `export default { multiTenant: true, async run() {} }\n`,
    },
  })
  link(workspace)
})

describe('what is known of a job beside its schedules', () => {
  it('is unknown of modules that are not built, and no store is made to find out', async () => {
    const jobs = await list()
    expect(jobs.map(({ name, multiTenant }) => [name, multiTenant])).toEqual([
      ['good', false],
      ['bad', false],
      ['in-shell', false],
      ['in-file', false],
      ['tenants', null],
      ['objects', null],
    ])
    expect(jobs[0]).toMatchObject({ paused: null, lastRun: null })
    expect(existsSync(workspace.path('data'))).toBe(false)
  })

  it('is shown by list-jobs: the last run, a pause, and what the module sets for tenants', async () => {
    expect(await webstir(['run-job', 'good'])).toMatchObject({ code: 0 })
    expect(await webstir(['run-job', 'bad'])).toMatchObject({ code: 1 })
    expect(await webstir(['pause-job', 'good', '--reason', 'moving'])).toMatchObject({ code: 0 })
    const jobs = await list()
    expect(jobs[0]).toMatchObject({ paused: { reason: 'moving' }, lastRun: { status: 'SUCCESS' } })
    expect(jobs[1]).toMatchObject({ paused: null, lastRun: { status: 'FAILURE' } })
    expect(jobs.slice(4).map(({ multiTenant }) => multiTenant)).toEqual([true, true])
    const { stdout } = await webstir(['list-jobs'])
    expect(stdout).toMatch(/^Name +Schedule +Next run +Last run +Priority +Description\n/)
    expect(stdout).toMatch(/good +0 0 \* \* \* +paused \(by .*: moving\) +SUCCESS (?:now|\d+ s ago)/)
    expect(stdout).toMatch(/bad +- +on request +FAILURE /)
  })

  it('says by which variable a job is disabled, and where that is set', async () => {
    const { stdout } = await webstir(['list-jobs'], { IN_SHELL_ENABLED: 'false' })
    expect(stdout).toContain('disabled (IN_SHELL_ENABLED=false in this shell)')
    expect(stdout).toContain('disabled (IN_FILE_ENABLED=off in .env)')
    const undecided = await webstir(['list-jobs'], { IN_SHELL_ENABLED: 'maybe' })
    expect(undecided.stdout).toContain(
      'disabled (IN_SHELL_ENABLED=maybe in this shell, which is neither true nor false)',
    )
  })

  it('is all in one place for one job', async () => {
    const { stdout } = await webstir(['backend-inspect', 'GOOD'])
    expect(stdout).toMatch(/^good\n/)
    expect(stdout).toMatch(/ {2}paused +by .*: moving, since 20.* UTC\n {2}last run +SUCCESS /)
    expect(stdout).not.toContain('in-shell')
    expect((await webstir(['backend-inspect', 'tenants'])).stdout).toMatch(/multiTenant +true \(from code\)/)
    expect(JSON.parse((await webstir(['backend-inspect', 'bad', '--json'])).stdout).jobs).toMatchObject([
      { name: 'bad', lastRun: { status: 'FAILURE' }, paused: null, multiTenant: false },
    ])
    const unknown = await webstir(['backend-inspect', 'god'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toContain('did you mean "good"?')
  })

  it('is left out by the built list, which opens no store', async () => {
    const env = { JOBS_STORE_URL: 'file:./no/such/folder/jobs.sqlite' }
    const { stdout, code } = await runNode(['build/backend/jobs/scheduler.js', '--list'], { cwd: workspace.root, env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Name +Schedule +Next run +Priority +Description\n/)
    expect(existsSync(workspace.path('no'))).toBe(false)
  })

  it('knows what ran under the name that a job had before', async () => {
    expect(await webstir(['rename-job', 'bad', 'worse'])).toMatchObject({ code: 0 })
    const jobs = await list()
    expect(jobs.find(({ name }) => name === 'worse')).toMatchObject({ lastRun: { status: 'FAILURE' } })
    expect(JSON.parse((await webstir(['backend-inspect', 'worse', '--json'])).stdout).jobs).toMatchObject([
      { name: 'worse', formerly: ['bad'], lastRun: { status: 'FAILURE' } },
    ])
  })

  it('is done without where the store can not be read', async () => {
    workspace.write('broken/jobs.sqlite', 'this is no database'.repeat(100))
    const env = { JOBS_STORE_URL: 'file:./broken/jobs.sqlite' }
    const { stdout, stderr, code } = await webstir(['list-jobs'], env)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Name +Schedule +Next run +Priority +Description\n/)
    expect(stderr).toContain("the store can't be read, so neither pauses nor last runs are known")
  })
})
