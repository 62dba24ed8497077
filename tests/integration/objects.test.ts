import { beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../cli/index.ts'
import { build, history, objectWorkspace } from '../support/object-workspace.ts'
import { keepOutput } from '../support/output.ts'
import { link, makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

const OBJECT = `
export default {
  meta() {
    this.schedule('*/5 * * * *')
    this.schedule('0 * * * *', 'hourly-cleanup', { deep: true })
  },
  batchSize: 100,
  async run(...args) {
    this.log.info('size ' + this.batchSize + ' ' + JSON.stringify(args))
  },
}
`

describe('jobs as objects, built', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await objectWorkspace(
      [
        { name: 'sync', schedule: '0 3 * * *' },
        { name: 'broken' },
        { name: 'both' },
        { name: 'number' },
        { name: 'isolated', isolation: 'process' },
        { name: 'circle', isolation: 'process' },
        { name: 'plain', schedule: '@daily' },
      ],
      {
        'jobs/sync/index.js': OBJECT,
        'jobs/broken/index.js': `export default { meta() { throw new Error('REGION is not set') }, run() {} }`,
        'jobs/both/index.js': 'export async function run() {}\nexport default { run() {} }',
        'jobs/number/index.js': 'export const run = 5',
        'jobs/isolated/index.js': `export async function run(ctx) { await ctx.runBackgroundJob('sync', 'from afar') }`,
        'jobs/circle/index.js': `import { runBackgroundJob } from 'webstir-jobs'\nexport const run = () => runBackgroundJob('circle')`,
        'jobs/plain/index.js': `console.log('IMPORTED'); export async function run() {}`,
      },
    )
    await build(workspace, '--no-typecheck')
  })
  const scheduler = (...args: string[]) => runNode([workspace.path('build/backend/jobs/scheduler.js'), ...args])

  it.each(['list-jobs', 'list-background-jobs'])(
    '%s tells schedules in code from those of package.json',
    async (name) => {
      const { stdout } = await runCli([name, '--workspace', workspace.root])
      expect(stdout).toMatch(/^sync +0 3 \* \* \* +in /m)
      expect(stdout).toMatch(/^sync +\*\/5 \* \* \* \* \[code\] +in /m)
      const { stdout: json } = await runCli([name, '--workspace', workspace.root, '--json'])
      const [sync] = JSON.parse(json)
      expect(sync.schedules.map(({ origin, args }: { origin: string; args: unknown }) => [origin, args])).toEqual([
        ['manifest', []],
        ['code', []],
        ['code', ['hourly-cleanup', { deep: true }]],
      ])
    },
  )

  it('the built scheduler lists them too, and imports no module without meta', async () => {
    const { stdout } = await scheduler('--list')
    expect(stdout).toContain('0 * * * * [code]')
    expect(stdout).not.toContain('IMPORTED')
    expect(stdout).toContain('src/backend/jobs/broken/index.js (job broken): meta() failed: REGION is not set')
  })

  it('backend-inspect says where each comes from', async () => {
    const { stdout } = await runCli(['backend-inspect', '--workspace', workspace.root, '--json'])
    const { jobs } = JSON.parse(stdout)
    expect(jobs[0].schedules.map(({ origin }: { origin: string }) => origin)).toEqual(['manifest', 'code', 'code'])
  })

  it('run with their own properties and the given arguments', async () => {
    const { stdout, code } = await runCli([
      'run-background-job',
      '--name',
      'SYNC',
      '--args',
      '["now", 1]',
      '--workspace',
      workspace.root,
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('[sync] size 100 [\\"now\\",1]')
  })

  it.each([
    ['both', 'exports both run() and a default object'],
    ['number', 'run of build/backend/jobs/number/index.js is a number, not a function'],
  ])('%s is refused with a message of its own, and recorded', async (name, message) => {
    const { code, stdout } = await scheduler('--job', name)
    expect(code).toBe(1)
    expect(stdout).toContain(message)
    expect(await history(workspace, name)).toMatchObject([
      { status: 'FAILURE', error: { message: expect.stringContaining(message) } },
    ])
  })

  it('a job in a process of its own calls another, which is its child', async () => {
    const { code, stdout } = await scheduler('--job', 'isolated')
    expect(stdout).toContain('size 100 [\\"from afar\\"]')
    expect(code).toBe(0)
    const [parent] = await history(workspace, 'isolated')
    expect(await history(workspace, 'sync', '--limit', '1')).toMatchObject([
      { trigger: 'code', parentId: parent?.id, args: ['from afar'] },
    ])
  })

  it('and is refused with the chain when it calls itself', async () => {
    const { code } = await scheduler('--job', 'circle')
    expect(code).toBe(1)
    expect(await history(workspace, 'circle')).toMatchObject([
      { error: { code: 'JOB_CALLS_ITSELF', message: 'job "circle" would call itself: circle -> circle' } },
    ])
  })
})

describe('generate-background-job', () => {
  it('writes a job as an object that passes the strict type check and says what is to come', async () => {
    const workspace = makeWorkspace({ packageJson: null })
    await runCli(['init', workspace.root, '--yes'])
    link(workspace)
    const made = await runCli(['generate-background-job', '--name', 'cleanup-old-data', '--workspace', workspace.root])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toContain('every minute')
    expect(JSON.parse(workspace.read('package.json')).webstir.module.jobs).toEqual([{ name: 'cleanup_old_data' }])
    const source = workspace.read('src/backend/jobs/cleanup_old_data/index.ts')
    expect(source).toMatch(/\/\/ Every minute\..*\n +this\.schedule\('\* \* \* \* \*'\)/)
    await build(workspace)
    const run = await runCli(['run-background-job', '--name', 'cleanup-old-data', '--workspace', workspace.root])
    expect(run.stdout).toContain('cleanup-old-data background job coming soon!')
    const { stdout } = await runCli(['list-background-jobs', '--workspace', workspace.root])
    expect(stdout).toMatch(/cleanup_old_data +\* \* \* \* \* \[code\]/)
  })

  it('is run from code by runCommand, like every command', async () => {
    const { root } = makeWorkspace()
    const io = keepOutput()
    const added = await runCommand(
      'generate-background-job',
      { name: 'SendNewsletterNow', workspace: root, dryRun: true },
      io,
    )
    expect(added).toMatchObject({ job: 'send_newsletter_now', entry: { name: 'send_newsletter_now' }, dryRun: true })
    await expect(runCommand('list-background-jobs', { workspace: root }, io)).resolves.toEqual([])
    await expect(runCommand('run-backgroud-job', {}, io)).rejects.toMatchObject({
      hint: 'did you mean "run-background-job"?',
    })
    await expect(runCommand('generate-background-job', { nam: 'x' }, io)).rejects.toThrow()
  })
})

describe('a script of its own beside the build', () => {
  it('runs a job, and what that job calls is its child though two copies of the runtime are loaded', async () => {
    const workspace = await objectWorkspace([{ name: 'outer' }, { name: 'inner' }, { name: 'again' }], {
      'jobs/outer/index.ts': `import { runBackgroundJob } from 'webstir-jobs'\nexport const run = () => runBackgroundJob('inner')\n`,
      'jobs/inner/index.ts': 'export async function run(): Promise<void> {}\n',
      'jobs/again/index.ts': `import { runBackgroundJob } from 'webstir-jobs'\nexport const run = () => runBackgroundJob('again')\n`,
    })
    await build(workspace)
    workspace.write(
      'script.js',
      `import { runBackgroundJob } from 'webstir-jobs'
await runBackgroundJob('outer')
await runBackgroundJob('again').catch((error) => console.log(error.message))
`,
    )
    const { code, stdout, stderr } = await runNode(['script.js'], { cwd: workspace.root })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('job "again" would call itself: again -> again')
    const rows = await history(workspace)
    const outer = rows.find(({ job }) => job === 'outer')
    expect(rows.find(({ job }) => job === 'inner')).toMatchObject({ status: 'SUCCESS', parentId: outer?.id })
  })
})
