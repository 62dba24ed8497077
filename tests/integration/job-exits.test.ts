import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { makeWorkspace, runNode } from '../support/workspace.ts'

const SOURCES = {
  now: 'export function run() { process.exit(0) }',
  later: 'export function run() { setTimeout(() => process.exit(3), 10); return new Promise(() => {}) }',
  caught: 'export async function run() { await null; try { process.exit() } catch {} }',
  named: "import { exit } from 'node:process'\nexport function run() { exit(1) }",
  loaded: 'process.exit(0)\nexport function run() {}',
  after: 'export function run() { setTimeout(() => process.exit(0), 50) }',
  fine: 'export async function run() { await new Promise((resolve) => setTimeout(resolve, 500)) }',
}

it('fails an inline job that calls process.exit, and runs on', async () => {
  const workspace = await buildWorkspace({
    jobs: Object.keys(SOURCES).map((name) => ({ name, schedule: '@reboot' })),
    sources: SOURCES,
  })

  const watching = workspace.start(['--watch'])
  await watching.logged(/^\[fine\] succeeded/)
  await watching.logged(/^\[after\] .*after it had ended/)
  const { code } = await watching.stop()

  expect(code).toBe(0)
  const rows = await workspace.history()
  expect(Object.fromEntries(rows.map(({ job, status, error }) => [job, error?.code ?? status]))).toEqual({
    now: 'JOB_CALLED_EXIT',
    later: 'JOB_CALLED_EXIT',
    caught: 'JOB_CALLED_EXIT',
    named: 'JOB_CALLED_EXIT',
    loaded: 'JOB_MODULE_THROWS',
    after: 'SUCCESS',
    fine: 'SUCCESS',
  })
  expect(rows.find(({ job }) => job === 'now')?.error?.message).toBe(
    'job "now" called process.exit(0), which would end all that runs in this process; return from run() to succeed, or throw to fail',
  )
})

it('says so in the exit code of a run by hand, whose execution is not left RUNNING', async () => {
  const workspace = await buildWorkspace({ jobs: [{ name: 'now' }], sources: { now: SOURCES.now } })

  const first = await workspace.scheduler(['--job', 'now'])
  const second = await workspace.scheduler(['--job', 'now'])

  expect([first.code, second.code]).toEqual([1, 1])
  expect((await workspace.history()).map(({ status }) => status)).toEqual(['FAILURE', 'FAILURE'])
})

it("lets a host application's own exit through, with its code", async () => {
  const workspace = makeWorkspace({
    linked: true,
    files: {
      'app.mjs': `
        import { createScheduler } from 'webstir-jobs'
        const run = () => process.exit(5)
        const scheduler = createScheduler({ store: 'memory:', jobs: [{ name: 'leaves', schedule: '@reboot', run }] })
        scheduler.on('failed', ({ error }) => {
          console.log(error.code)
          setTimeout(() => process.exit(7), 10)
        })
        await scheduler.start()`,
    },
  })

  const { code, stdout } = await runNode([workspace.path('app.mjs')], { cwd: workspace.root })

  expect(stdout).toContain('JOB_CALLED_EXIT')
  expect(code).toBe(7)
})

it('takes SIGHUP as a request to stop: what runs may finish, and a second one leaves at once', async () => {
  const source = 'export async function run() { await new Promise((resolve) => setTimeout(resolve, 1000)) }'
  const jobs = [{ name: 'works', schedule: '@reboot' }]
  const workspace = await buildWorkspace({ jobs, sources: { works: source } })
  const watching = workspace.start(['--watch'])
  await watching.logged(/watching/)

  const { code, signal } = await watching.stop('SIGHUP')

  expect({ code, signal }).toEqual({ code: 0, signal: null })
  expect(await workspace.history()).toMatchObject([{ job: 'works', status: 'SUCCESS' }])
  const again = workspace.start(['--watch'])
  await again.logged(/watching/)
  again.process.kill('SIGHUP')
  await again.logged(/^SIGHUP: no more fires/)
  expect((await again.stop('SIGHUP')).code).toBe(129)
})
