import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'
import { runCli } from '../support/workspace.ts'

const SOURCE = "export function run({ log }) { log.info('ran in ' + process.pid) }"

it('one process fires only, another runs one queue, a third the rest: each job runs where its queue is served', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'report', schedule: 'at(2020-01-01T00:00:00)', catchUpWindow: '9999d', queue: 'reports' },
      { name: 'mail', schedule: 'at(2020-01-01T00:00:00)', catchUpWindow: '9999d' },
    ],
    sources: { report: SOURCE, mail: SOURCE },
  })

  // when: nothing but a process that only fires is there
  const firing = workspace.start(['--watch', '--no-work'])
  await eventually(async () => (await workspace.history()).length === 2 || undefined)
  await runCli(['enqueue', 'report', '--workspace', workspace.root])
  await firing.stop()

  // then: all of it waits
  expect((await workspace.history()).map(({ job, status }) => `${job} ${status}`).sort()).toEqual([
    'mail QUEUED',
    'report QUEUED',
    'report QUEUED',
  ])
  expect(firing.entries().filter(({ msg }) => msg.includes('ran in'))).toEqual([])

  // when: two workers serve a queue each
  const reports = workspace.start(['--watch', '--no-schedule', '--queues', 'reports'])
  await eventually(
    async () => (await workspace.history()).filter(({ status }) => status === 'SUCCESS').length === 2 || undefined,
  )
  expect((await workspace.history()).filter(({ status }) => status === 'QUEUED').map(({ job }) => job)).toEqual([
    'mail',
  ])
  const status = await workspace.scheduler(['--status'])
  expect(status.code, 'a process that fires nothing is no scheduler').toBe(1)
  const others = workspace.start(['--watch', '--no-schedule'])
  await others.logged(/ran in/)
  await eventually(async () => (await workspace.history()).every((one) => one.status === 'SUCCESS') || undefined)
  expect(await reports.stop()).toMatchObject({ code: 0 })
  expect(await others.stop()).toMatchObject({ code: 0 })
  expect(others.entries().filter(({ job }) => job === 'report')).toEqual([])

  const refused = await workspace.scheduler(['--watch', '--no-work', '--no-schedule'])
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.stderr).toContain('nothing to do')
})
