import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scheduleKey } from '../../runtime/manifest/index.ts'
import { openStore } from '../../runtime/store/open.ts'
import { Node } from '../conformance/fixtures.ts'
import { buildWorkspace } from '../support/built.ts'
import { runCli } from '../support/workspace.ts'

const ZONED = { text: '0 6 * * *', timezone: 'Africa/Casablanca', args: [] }

it('what processes are there, what they run, and who leaves schedules to newer time-zone data is told everywhere', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'zoned', schedule: ZONED.text, timezone: ZONED.timezone },
      { name: 'long', schedule: '@reboot' },
      { name: 'off', enabled: false },
    ],
    sources: {
      zoned: 'export function run() {}',
      long: `export async function run({ log, signal }) {
        log.info('runs')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }`,
      off: 'export function run() {}',
    },
    settings: { staleAfter: '3s', concurrency: 5 },
  })
  const webstir = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli([...args], { cwd: workspace.root })
    expect(code, stderr).toBe(0)
    return stdout
  }
  expect(await webstir('nodes')).toContain('No process uses this store')
  expect(JSON.parse(await webstir('nodes', '--json'))).toEqual([])

  const store = await openStore(`file:${join(workspace.root, 'data', 'jobs.sqlite')}`)
  // It stays alive for as long as the test takes.
  const newer = new Node(store, 'web-2:7:x').at(Date.now() + 600_000)
  const jobs = { known: ['zoned'], off: {}, lacks: [], inZones: [scheduleKey('zoned', ZONED)] }
  await newer.register({ host: 'web-2', pid: 7, timezoneData: '9999a', jobs })
  const watching = workspace.start(['--watch', '--grace', '1s'])
  await watching.logged(/older time-zone data \(\d{4}[a-z]+\) than web-2, process 7 \(9999a\)/)
  await watching.logged(/\[long\] runs/)

  const shown = JSON.parse(await webstir('nodes', '--json'))
  const mine = shown.find(({ pid }: { pid: number }) => pid === watching.process.pid)
  expect(mine).toMatchObject({
    ...{ isAlive: true, fires: true, nodeVersion: process.versions.node, timezoneData: process.versions.tz },
    ...{ leavesZonesTo: 'web-2:7:x', engine: 'local', queues: null, slots: 5, endedAt: null, how: null },
    manifestHash: expect.stringMatching(/^[\da-f]{16}$/),
    jobs: { known: ['zoned', 'long', 'off'], off: { off: '"enabled": false in package.json' }, lacks: [] },
    running: [{ job: 'long', tenant: null }],
  })
  expect(shown).toHaveLength(2)
  const leaves = new RegExp(`process ${watching.process.pid} has older time-zone data .* than web-2, process 7`)
  const table = await webstir('nodes')
  expect(table).toMatch(leaves)
  expect(table).toMatch(/watches .* 1 of 5 +long/)
  const status = await workspace.scheduler(['--status'])
  expect(status.stdout).toMatch(leaves)
  const inspected = await webstir('backend-inspect')
  expect(inspected).toMatch(/Nodes .*leaves the schedules with a time zone to web-2, process 7/s)
  expect(JSON.parse(await webstir('backend-inspect', '--json')).nodes).toHaveLength(2)

  await store.removeNode(newer.id, Date.now())
  await watching.logged(/fire here again/)
  const again = await workspace.scheduler(['--status', '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject([{ leavesZonesTo: null, timezoneData: process.versions.tz }])
  await watching.stop()
  expect(JSON.parse(await webstir('nodes', '--json'))).toEqual([])
  const all = JSON.parse(await webstir('nodes', '--all', '--json'))
  expect(all).toMatchObject([
    { id: mine.id, pid: watching.process.pid, isAlive: false, how: 'stopped', endedAt: expect.any(String) },
    { id: 'web-2:7:x', isAlive: false, how: 'stopped', running: [] },
  ])
  expect(await webstir('nodes', '--all')).toMatch(/stopped (now|\d+ s ago)/)
  await store.close()
})
