import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { scheduleKey } from '../../runtime/manifest/job-schedule.ts'
import type { UpcomingRun } from '../../runtime/operations/upcoming-runs.ts'
import { openStore } from '../../runtime/store/open.ts'
import { type Ended, makeWorkspace, runCli, type Workspace } from '../support/workspace.ts'

const JOBS = [
  { name: 'nightly', schedule: '30 2 * * *', timezone: 'Europe/Berlin' },
  { name: 'elapsed', schedule: '*/20 2 * * *', timezone: 'Europe/Berlin' },
  { name: 'poll', schedule: 'rate(10 minutes)' },
  { name: 'hourly', schedule: '0 * * * *' },
  { name: 'boot', schedule: '@reboot' },
  { name: 'off', schedule: '0 0 * * *', enabled: false },
  { name: 'wrong', schedule: '61 0 * * *' },
  { name: 'from-env', schedule: `0 \${HOUR} * * *` },
  ...['one', 'two', 'three'].map((name) => ({ name, schedule: '0 12 1 1 *' })),
]

let workspace: Workspace
beforeAll(() => {
  workspace = makeWorkspace({
    packageJson: { name: 'test', version: '1.0.0', type: 'module', webstir: { mode: 'api', module: { jobs: JOBS } } },
    files: { '.env': 'HOUR=7\n' },
  })
})

const webstir = (...args: string[]): Promise<Ended> => runCli(['next-runs', ...args], { cwd: workspace.root })

async function runs(...args: string[]): Promise<UpcomingRun[]> {
  const { stdout, stderr, code } = await webstir('--json', ...args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

describe('next-runs', () => {
  it('lists all jobs in one table in order of time, then what has no fires to list, and makes no store', async () => {
    const { code, stdout, stderr } = await webstir('--count', '60')
    expect(code).toBe(0)
    const [head = '', ...lines] = stdout.split('\n')
    expect(head).toMatch(/^Local time +Zone +UTC +When +Job +Schedule$/)
    expect(lines.join('\n')).toMatch(/20\d\d-\d\d-\d\d \d\d:\d\d:00 \+0[12]:00 +Europe\/Berlin +20.* UTC +in \d+/)
    expect(stdout).toMatch(/poll +rate\(10 minutes\) +on start, then every 10 minutes/)
    expect(stdout).toMatch(/boot +@reboot +on start/)
    expect(stdout).toMatch(/off +0 0 \* \* \* +disabled \("enabled": false in package.json\)/)
    expect(stdout).toMatch(/wrong +61 0 \* \* \* +invalid: .*minute 61 is out of range/)
    expect(stderr).toContain('webstir.module.jobs[6].schedule')
    expect(existsSync(workspace.path('data'))).toBe(false)
    const times = (await runs('--count', '50')).flatMap(({ scheduledFor }) => scheduledFor ?? [])
    expect(times).toHaveLength(50)
    expect(times).toEqual([...times].sort())
  })

  it('marks what daylight saving moves and drops', async () => {
    const shown = await runs('nightly', 'elapsed', '--from', '2026-03-28T12:00Z', '--to', '2026-03-29T12:00Z')
    expect(shown.map(({ job, scheduledFor, local, daylight }) => [job, scheduledFor, local, daylight?.kind])).toEqual([
      ['nightly', '2026-03-29T01:00:00.000Z', '2026-03-29 03:00:00 +02:00', 'moved'],
      ['elapsed', null, null, 'dropped'],
    ])
  })

  it('shows local times by the clock that is asked for', async () => {
    const [first] = await runs('from-env', '--from', '2026-07-01', '--count', '1', '--timezone', 'Asia/Kathmandu')
    expect(first).toMatchObject({
      scheduledFor: '2026-07-01T07:00:00.000Z',
      local: '2026-07-01 12:45:00 +05:45',
      timezone: 'Asia/Kathmandu',
      schedule: `0 \${HOUR} * * *`,
    })
  })

  it('takes a day for all of it, by the clock that is asked for, and says which of two equal times is meant', async () => {
    const job = ['hourly', '--from', '2027-10-31', '--timezone', 'Europe/Berlin']
    const shown = await runs(...job)
    expect(shown.map(({ scheduledFor }) => scheduledFor)).toHaveLength(25)
    expect(shown[0]?.local).toBe('2027-10-31 00:00:00 +02:00')
    expect(shown.at(-1)?.local).toBe('2027-10-31 23:00:00 +01:00')
    expect(shown.slice(1, 5).map(({ local, repeated }) => [local?.slice(11), repeated])).toEqual([
      ['01:00:00 +02:00', null],
      ['02:00:00 +02:00', 'first'],
      ['02:00:00 +01:00', 'second'],
      ['03:00:00 +01:00', null],
    ])
    const { stdout } = await webstir(...job, '--count', '20')
    expect(stdout).toMatch(/\+02:00 .*the first of two 02:00\n.*\+01:00 .*the second of two 02:00/)
    expect((await webstir(...job)).stdout).toMatch(/hourly +0 \* \* \* \* +and 24 more until 23:00$/m)
  })

  it('marks the instants at which many jobs fire together', async () => {
    const range = ['one', 'two', 'three', '--from', '2027-01-01', '--to', '2027-01-02']
    expect((await runs(...range)).map(({ busy, jobsAtOnce }) => [busy, jobsAtOnce])).toEqual(Array(3).fill([false, 3]))
    const { stdout } = await webstir(...range, '--busy', '2')
    expect(stdout.match(/busy: 3 jobs at once/g)).toHaveLength(3)
    expect(stdout).toContain('At 1 instant more than 2 jobs fire together')
  })

  it('lists at most 10,000 fires of a range, and says so', async () => {
    const { code, stdout, stderr } = await webstir('from-env', '--from', '2026-01-01', '--to', '2070-01-01')
    expect(code).toBe(0)
    expect(stdout).toMatch(/from-env .* and 9999 more until 2053-/)
    expect(stderr).toContain('there are more than 10000 fires before 2070-01-01 00:00 UTC; these end at 2053-')
  })

  it('knows the fires of a rate and what is paused from a store that is there', async () => {
    const anchor = Date.parse('2026-01-01T00:03:00Z')
    const text = 'rate(10 minutes)'
    const key = scheduleKey('poll', { text, timezone: 'UTC', args: [] })
    const store = await openStore(`file:${workspace.path('data/jobs.sqlite')}`)
    const known = { key, job: 'poll', expression: text, timezone: 'UTC', args: [], origin: 'manifest' } as const
    await store.registerSchedules([{ ...known, watermark: anchor, anchor }], { now: anchor, retireOthers: true })
    await store.pause('poll', 'somebody', null, anchor)
    await store.close()
    const [first, second] = await runs('poll', '--count', '2')
    expect(first?.scheduledFor).toMatch(/:\d3:00\.000Z$/)
    expect(Date.parse(second?.scheduledFor ?? '') - Date.parse(first?.scheduledFor ?? '')).toBe(600_000)
    expect(first?.paused).toBe(true)
    expect((await webstir('poll', '--count', '1')).stdout).toMatch(/poll +rate\(10 minutes\) +paused/)
  })

  it('does without a store that can not be read', async () => {
    workspace.write('broken/jobs.sqlite', 'this is no database'.repeat(100))
    const env = { JOBS_STORE_URL: 'file:./broken/jobs.sqlite' }
    const { code, stdout, stderr } = await runCli(['next-runs', 'poll', 'nightly'], { cwd: workspace.root, env })
    expect(code).toBe(0)
    expect(stdout).toContain('on start, then every 10 minutes')
    expect(stderr).toContain("the store can't be read")
  })

  it.each([
    [['--count', '0'], 2, 'use a whole number from 1 to 10000'],
    [['--from', 'soon'], 2, '--from "soon" is not a time'],
    [['--from', '2026-01-02', '--to', '2026-01-01'], 2, '--to is not after --from'],
    [['--from', '2026-01-01', '--to', '2126-01-01'], 2, 'longer than 50 years'],
    [['--timezone', 'Berlin'], 1, 'did you mean Europe/Berlin?'],
    [['nigthly'], 1, 'did you mean "nightly"?'],
    [['wrongly'], 1, 'there is no job "wrongly"'],
  ])('refuses %j', async (args, code, text) => {
    const ended = await webstir(...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(text)
  })
})
