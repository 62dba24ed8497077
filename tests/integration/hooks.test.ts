import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { build, history, objectWorkspace } from '../support/object-workspace.ts'

it('hooks are called by the built scheduler, may run jobs, and change nothing when they throw', async () => {
  const workspace = await objectWorkspace(
    [{ name: 'sync', schedule: '@reboot' }, { name: 'fails', schedule: '@reboot' }, { name: 'notify' }],
    {
      'notices/hooks.ts': `import { runBackgroundJob, type SchedulerHooks } from 'webstir-jobs'

export const onStart: SchedulerHooks['onStart'] = () => {
  throw new Error('a broken hook')
}
export const onFailure: SchedulerHooks['onFailure'] = ({ execution, error }) => runBackgroundJob('notify', execution.job, error.message)
`,
      'jobs/sync/index.ts': 'export async function run(): Promise<void> {}\n',
      'jobs/fails/index.ts': `export async function run(): Promise<void> { throw new Error('no paper') }\n`,
      'jobs/notify/index.ts': `import type { JobContext } from 'webstir-jobs'\nexport async function run(ctx: JobContext): Promise<void> { ctx.log.info(JSON.stringify(ctx.args)) }\n`,
    },
  )
  const manifest = JSON.parse(workspace.read('package.json'))
  manifest.webstir.scheduler.hooks = 'src/backend/notices/hooks.ts'
  manifest.webstir.module.jobs.push({ name: 'beat', schedule: '@yearly' })
  workspace.write('package.json', JSON.stringify(manifest))
  workspace.write('src/backend/jobs/beat/index.ts', 'export async function run(): Promise<void> {}\n')
  await build(workspace)
  // From elsewhere: what a hook runs is found all the same.
  const child = spawn(process.execPath, [workspace.path('build/backend/jobs/scheduler.js'), '--watch'], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) {
    output += String(chunk)
    if (output.includes('[notify] succeeded') && output.includes('[sync] succeeded')) break
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(output).toContain('a broken hook')
  expect(await history(workspace, 'notify')).toMatchObject([
    { status: 'SUCCESS', trigger: 'code', args: ['fails', 'no paper'] },
  ])
  expect((await history(workspace, 'sync')).map(({ status }) => status)).toEqual(['SUCCESS'])
})
