import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

const PLAIN = 'export async function run() {}\n'
const WITH_META = "export default { meta() { this.schedule('0 3 * * *') }, run() {} }\n"
const UNKNOWN = /what hourly_sync may declare in meta\(\) is unknown until a build: webstir build/

let workspace: Workspace
const webstir = (name: string, ...args: string[]) => runCli([name, '--workspace', workspace.root, ...args])
const inspect = async () => JSON.parse((await webstir('backend-inspect', '--json')).stdout)

function makePlain(): void {
  const jobs = [{ name: 'nightly', schedule: '0 0 * * *' }, { name: 'by-hand' }]
  workspace = makeWorkspace({
    packageJson: { name: 'test', version: '1.0.0', type: 'module', webstir: { mode: 'api', module: { jobs } } },
    files: { 'src/backend/jobs/nightly/index.js': PLAIN, 'src/backend/jobs/by-hand/index.js': PLAIN },
  })
}

describe.each(['no build', 'an older build'])('with %s, a job that was generated since', (state) => {
  beforeAll(async () => {
    makePlain()
    if (state === 'an older build') await webstir('build', '--no-typecheck')
    await webstir('generate-background-job', 'HourlySync')
  })

  it('is listed as one whose schedules in code are unknown, and the warning says what to do', async () => {
    const { code, stdout, stderr } = await webstir('list-jobs')

    expect(code).toBe(0)
    expect(stderr).toMatch(UNKNOWN)
    expect(stdout).toMatch(/^hourly_sync +\? \[code\] +unknown until a build/m)
    expect(stdout).toMatch(/^by-hand +- +on request/m)
    if (state === 'no build') return
    // The built scheduler knows nothing of it, and says so too.
    const listed = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--list'])
    expect(listed.stdout).toMatch(/^hourly_sync +\? \[code\] +unknown until a build/m)
    expect(listed.stderr).toMatch(UNKNOWN)
  })

  it('is marked in the data, beside which nothing is printed', async () => {
    const { stdout, stderr } = await webstir('list-jobs', '--json')

    const told = JSON.parse(stdout).map(({ name, codeSchedules }: Record<string, unknown>) => [name, codeSchedules])
    expect(told).toEqual([
      ['nightly', 'known'],
      ['by-hand', 'known'],
      ['hourly_sync', 'unknown'],
    ])
    expect(stderr).toMatch(UNKNOWN)
  })

  it('is reported by backend-inspect', async () => {
    const { jobs, problems } = await inspect()

    expect(jobs[2]).toMatchObject({ name: 'hourly_sync', schedules: [], codeSchedules: 'unknown' })
    expect(problems).toEqual([
      {
        severity: 'warning',
        code: 'STALE_BUILD',
        job: 'hourly_sync',
        path: 'src/backend/jobs/hourly_sync/index.ts',
        message: 'may have schedules in meta(), which only a fresh build shows',
        hint: 'run "webstir build"',
      },
    ])
    expect((await webstir('backend-inspect')).stdout).toContain('those from code are unknown until a build')
  })

  it('is reported by next-runs, where it is asked about', async () => {
    const asked = [[], ['hourly-sync'], ['nightly']]
    const [all, one, other] = await Promise.all(asked.map((names) => webstir('next-runs', ...names)))

    expect(all?.stderr).toMatch(UNKNOWN)
    expect(one?.stderr).toMatch(UNKNOWN)
    expect(other).toMatchObject({ code: 0, stderr: '' })
  })

  it('has its schedules once it is built, and nothing is warned of', async () => {
    await webstir('build', '--no-typecheck')
    const { stdout, stderr } = await webstir('list-jobs')

    expect(stdout).toMatch(/^hourly_sync +\* \* \* \* \* \[code\] +in /m)
    expect(stderr).toBe('')
    expect(await inspect()).toMatchObject({ problems: [], jobs: [{}, {}, { codeSchedules: 'known' }] })
    expect(await webstir('next-runs', 'hourly_sync')).toMatchObject({
      stdout: expect.stringContaining('* * * * * [code]'),
      stderr: '',
    })
  })
})

describe('a job whose module has changed since the build', () => {
  beforeEach(async () => {
    makePlain()
    workspace.write('src/backend/jobs/by-hand/index.js', WITH_META)
    await webstir('build', '--no-typecheck')
  })
  const row = async () => {
    const { stdout, stderr } = await webstir('list-jobs')
    return { row: stdout.match(/^by-hand.*$/m)?.[0], stderr }
  }

  it('is not listed with what its meta() said before', async () => {
    expect((await row()).row).toMatch(/0 3 \* \* \* \[code\] +in /)
    workspace.write('src/backend/jobs/by-hand/index.js', WITH_META.replace('0 3', '0 4'))

    expect(await row()).toEqual({
      row: expect.stringMatching(/\? \[code\] +unknown until a build/),
      stderr: expect.stringContaining('what by-hand may declare in meta() is unknown'),
    })
    const { stdout, stderr } = await webstir('next-runs', 'by-hand')
    expect(stdout).not.toContain('[code]')
    expect(stderr).toContain('what by-hand may declare in meta() is unknown')
  })

  it('has none, without a warning, where there is no meta() any more', async () => {
    workspace.write('src/backend/jobs/by-hand/index.js', PLAIN)

    expect(await row()).toEqual({ row: expect.stringContaining('on request'), stderr: '' })
  })

  it('does not hide the schedules of the others', async () => {
    workspace.write('src/backend/jobs/nightly/index.js', `${PLAIN}// changed\n`)
    workspace.write('package.json', workspace.read('package.json').replace('"api"', '"jobs"'))

    expect(await row()).toEqual({ row: expect.stringMatching(/0 3 \* \* \* \[code\] +in /), stderr: '' })
    const { build, jobs, problems } = await inspect()
    expect(build).toMatchObject({ fresh: false })
    expect(jobs[1].schedules).toMatchObject([{ schedule: '0 3 * * *', origin: 'code', words: expect.any(String) }])
    expect(problems).toEqual([])
  })
})

it('nothing is warned of where no job that is not built has a meta', async () => {
  makePlain()
  expect(await webstir('list-jobs')).toMatchObject({ code: 0, stderr: '' })
  expect(await webstir('next-runs')).toMatchObject({ code: 0, stderr: '' })
  expect((await inspect()).problems).toEqual([])
  await webstir('build', '--no-typecheck')
  workspace.write('src/backend/jobs/nightly/index.js', `${PLAIN}console.log('changed')\n`)

  expect(await webstir('list-jobs')).toMatchObject({ code: 0, stderr: '' })
  expect(await webstir('next-runs')).toMatchObject({ code: 0, stderr: '' })
  expect((await inspect()).problems).toEqual([])
})
