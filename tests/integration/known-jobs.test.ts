import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { fireOf } from '../conformance/fixtures.ts'
import { buildWorkspace } from '../support/built.ts'

it('a process that watches one job leaves queued runs of the others alone, and one that knows them runs each once', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'tick', schedule: 'rate(1 second)', overlap: 'allow' },
      { name: 'other', overlap: 'allow' },
    ],
    sources: {
      tick: `export async function run({ log }) { log.info('tock') }`,
      other: `export async function run({ log }) { log.info('ran') }`,
    },
  })
  const store = await openStore(`file:${join(workspace.root, 'data', 'jobs.sqlite')}`)
  const instants = Array.from({ length: 20 }, (_, place) => Date.now() - 60_000 + place * 1000)
  const fires = instants.map((at) => fireOf('other', at, { overlap: 'allow' }))
  await store.claim({ node: 'gone', now: Date.now(), slots: 0, staleBefore: 0, watermarks: [], fires })

  const narrow = workspace.start(['--watch', '--job', 'tick'])
  const looks = new Promise<void>((resolve) => {
    narrow.process.stdout?.on('data', () => {
      if (narrow.entries().filter(({ msg }) => msg === '[tick] tock').length >= 3) resolve()
    })
  })
  await looks
  expect(await narrow.stop()).toMatchObject({ code: 0 })
  const left = await store.executions({ jobs: ['other'] })
  expect(
    left.map(({ status, attempt, availableAt, scheduledFor }) => [status, attempt, availableAt - scheduledFor]),
  ).toEqual(fires.map(() => ['QUEUED', 0, 0]))
  expect(narrow.entries().filter(({ msg }) => msg.includes('other'))).toEqual([])

  const whole = workspace.start(['--watch'])
  const all = new Promise<void>((resolve) => {
    whole.process.stdout?.on('data', () => {
      if (whole.entries().filter(({ msg }) => msg.startsWith('[other] succeeded')).length === 20) resolve()
    })
  })
  await all
  await whole.stop()
  const done = await store.executions({ jobs: ['other'] })
  expect(done.map(({ status, attempt }) => [status, attempt])).toEqual(fires.map(() => ['SUCCESS', 1]))
  await store.close()
})
