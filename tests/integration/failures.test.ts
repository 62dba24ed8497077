import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'
import { runCli } from '../support/workspace.ts'

it('what failed is shown until it is run again or dismissed, and history stays as it is', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'flaky' }, { name: 'broken' }],
    sources: {
      flaky: `import { existsSync } from 'node:fs'
        export function run({ args, log }) {
          if (!existsSync(new URL('../../../../fixed', import.meta.url))) throw new Error('not yet')
          log.info('done ' + args[0])
        }`,
      broken: `export function run() { throw new Error('never') }`,
    },
  })
  const webstir = (...args: string[]) => runCli([...args, '--workspace', workspace.root])
  const failedJobs = async (...options: string[]) => {
    const { stdout } = await webstir('failed', '--json', ...options)
    return JSON.parse(stdout).map(({ job }: { job: string }) => job)
  }
  expect((await webstir('failed')).stdout).toBe('Nothing has failed that was not dealt with.\n')
  const watching = workspace.start(['--watch'])
  for (const name of ['one', 'two']) await webstir('enqueue', 'flaky', '--args', JSON.stringify([name]))
  await webstir('enqueue', 'broken')
  await eventually(async () => (await failedJobs()).length === 3 || undefined, 20_000)
  expect(await failedJobs('--job', 'broken', '--since', '1h')).toEqual(['broken'])
  const table = await webstir('failed')
  expect(table.stdout).toContain('not yet')
  expect(table.stderr).toContain('webstir rerun --failed')

  // when: one job's are run again
  writeFileSync(workspace.path('fixed'), '')
  const reruns = JSON.parse((await webstir('rerun', '--failed', '--job', 'flaky', '--json')).stdout)
  expect(reruns).toMatchObject([
    { job: 'flaky', tenant: null, problem: null },
    { job: 'flaky', tenant: null, problem: null },
  ])
  await watching.logged(/done one/)
  await watching.logged(/done two/)
  expect(await failedJobs()).toEqual(['broken'])
  expect((await webstir('rerun', '--failed', '--job', 'flaky')).stdout).toContain('Nothing has failed')

  // when: the other one is dismissed
  const all = await webstir('dismiss', '--all', '--reason', 'known')
  expect(all.stdout).toBe('Dismissed one failure; history stays as it is.\n')
  expect(await failedJobs()).toEqual([])
  expect((await workspace.history()).filter(({ status }) => status === 'FAILURE')).toHaveLength(3)
  const [{ id = '' } = {}] = (await workspace.history()).filter(({ job }) => job === 'broken')
  expect((await webstir('dismiss', id)).stdout).toContain('was dealt with before')
  await watching.stop()
  expect(await webstir('dismiss')).toMatchObject({ code: 2 })
  expect(await webstir('rerun', id, '--failed')).toMatchObject({ code: 2 })
})
