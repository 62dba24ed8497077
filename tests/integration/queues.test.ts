import { writeFileSync } from 'node:fs'
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

it('a drain lets what runs finish and nothing start, is waited for, shown, and over when it is resumed', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'long' }, { name: 'short', queue: 'reports' }],
    sources: {
      long: `import { existsSync } from 'node:fs'
        export async function run({ log }) {
          log.info('begun')
          while (!existsSync(new URL('../../../../go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 20))
        }`,
      short: SOURCE,
    },
  })
  const webstir = (...args: string[]) => runCli([...args, '--workspace', workspace.root])
  const watching = workspace.start(['--watch'])
  await webstir('enqueue', 'long')
  await watching.logged(/begun/)

  // when: all is drained, and more is queued
  const draining = webstir('pause-job', '--all', '--drain', '--wait', '--reason', 'a new disk')
  await eventually(async () => {
    const { stdout } = await webstir('list-jobs', '--json')
    return JSON.parse(stdout).every((job: { paused: object | null }) => job.paused !== null) || undefined
  })
  await webstir('enqueue', 'short')
  const listed = await webstir('list-jobs', '--json')
  expect(JSON.parse(listed.stdout)[1]).toMatchObject({
    queue: 'reports',
    paused: { scope: 'all', drain: true, until: null, reason: 'a new disk' },
  })
  expect((await webstir('pause-job', '--queue', 'reports', '--until', '1h')).stdout).toMatch(
    /^Paused the queue reports\. Its fires are recorded as skipped until 20.* UTC\.\n$/,
  )

  const waiting = JSON.parse((await webstir('queue', '--queue', 'reports', '--json')).stdout)
  expect(waiting).toMatchObject([{ job: 'short', queue: 'reports', waitsFor: 'drain' }])
  expect((await webstir('queue')).stdout).toMatch(
    /short +reports .* a drain +paused: all jobs, by .*, drained: a new disk/,
  )

  // then: the command ends when what runs has ended, and nothing else has started
  writeFileSync(workspace.path('go'), '')
  const drained = await draining
  expect(drained).toMatchObject({ code: 0 })
  expect(drained.stderr).toContain('Waiting for one execution: long')
  expect(drained.stdout).toContain('Nothing of it runs.')
  expect((await workspace.history()).map(({ job, status }) => `${job} ${status}`)).toEqual([
    'short QUEUED',
    'long SUCCESS',
  ])

  const resumed = await webstir('resume-job', '--all')
  expect(resumed).toMatchObject({
    code: 0,
    stdout: 'Resumed all jobs. What was due while it was paused is not caught up.\n',
  })
  expect(resumed.stderr).toContain('still paused: the queue reports')
  await watching.logged(/ran in/)
  await watching.stop()
  expect((await webstir('pause-job')).stderr).toContain('give the name of a job, --queue NAME, or --all')
  expect((await webstir('pause-job', 'short', '--all')).code).toBe(2)
})
