import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltWorkspace, buildWorkspace } from '../support/built.ts'
import { runNode } from '../support/workspace.ts'

const NOTHING = 'export async function run() {}\n'
let workspace: BuiltWorkspace
let bare: string

beforeAll(async () => {
  workspace = await buildWorkspace({
    jobs: [
      { name: 'nightly', schedule: '0 0 * * *', description: 'Nightly maintenance', priority: 5 },
      { name: 'often', schedule: 'rate(5 minutes)', priority: 'high' },
      { name: 'at-start', schedule: '@reboot' },
      { name: 'by-hand' },
    ],
    sources: { nightly: NOTHING, often: NOTHING, 'at-start': NOTHING, 'by-hand': NOTHING },
  })
  bare = await mkdtemp(join(tmpdir(), 'webstir-bare-'))
  await cp(workspace.path('build'), join(bare, 'build'), { recursive: true })
  await cp(workspace.path('package.json'), join(bare, 'package.json'))
})
afterAll(() => rm(bare, { recursive: true, force: true }))

it('--list shows name, schedule, next run, priority and description of each job', async () => {
  const { code, stdout, stderr } = await workspace.scheduler(['--list'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n')
  expect(lines[0]).toMatch(/^Name +Schedule +Next run +Priority +Description$/)
  expect(lines[1]).toMatch(/^nightly +0 0 \* \* \* +in .+ \(\d{4}-\d\d-\d\d 00:00 UTC\) +5 +Nightly maintenance$/)
  expect(lines[2]).toMatch(/^often +rate\(5 minutes\) +on start, then every 5 minutes +high/)
  expect(lines[3]).toMatch(/^at-start +@reboot +on start/)
  expect(lines[4]).toMatch(/^by-hand +- +on request/)
})

it('--list --json is an array of jobs and nothing else', async () => {
  const { stdout } = await workspace.scheduler(['--list', '--json'])
  const jobs = JSON.parse(stdout)
  expect(jobs.map(({ name }: { name: string }) => name)).toEqual(['nightly', 'often', 'at-start', 'by-hand'])
  expect(jobs[0]).toMatchObject({
    description: 'Nightly maintenance',
    priority: 5,
    enabled: true,
    schedules: [{ schedule: '0 0 * * *', timezone: 'UTC', origin: 'manifest', kind: 'cron' }],
  })
  expect(jobs[0].next).toMatch(/T00:00:00\.000Z$/)
})

it('it works in a folder that holds only build/ and package.json, and opens no store', async () => {
  const { code, stdout, stderr } = await runNode([join(bare, 'build/backend/jobs/scheduler.js'), '--list'], {
    cwd: '/',
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('nightly')
  expect(existsSync(join(bare, 'data'))).toBe(false)
})

it('without libsql, what needs the store says how to install it, and runs nothing', async () => {
  const script = join(bare, 'build/backend/jobs/scheduler.js')
  const { code, stderr } = await runNode([script, '--job', 'nightly'], {
    // Later Nodes need no libsql unless they are asked to use it.
    env: { JOBS_SQLITE_DRIVER: 'libsql' },
  })
  expect(code).toBe(1)
  expect(stderr).toMatch(/libsql/)
  expect(stderr).toMatch(/npm install libsql/)
})

it('an unknown job is reported before the store is opened', async () => {
  const { code, stderr } = await runNode([join(bare, 'build/backend/jobs/scheduler.js'), '--job', 'nightli'])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'Error: there is no job "nightli"\nHint: did you mean "nightly"?\n',
  })
})

it('no option at all prints the list and the usage, and runs nothing', async () => {
  const { code, stdout } = await workspace.scheduler([])
  expect(code).toBe(0)
  expect(stdout).toContain('nightly')
  expect(stdout).toContain('Usage: node build/backend/jobs/scheduler.js')
  expect(existsSync(workspace.path('data'))).toBe(false)
})

it('--help tells every option', async () => {
  const { code, stdout } = await workspace.scheduler(['--help'])
  expect(code).toBe(0)
  for (const option of ['--list', '--job', '--all', '--watch', '--strict', '--grace', '--history', '--status']) {
    expect(stdout).toContain(option)
  }
})

it.each([
  [['--lst'], 'did you mean "--list"?'],
  [['nightly'], 'run a job with --job NAME'],
  [['--job'], 'needs a value'],
  [['--list=yes'], 'takes no value'],
])('wrong usage %j exits with 2 and a hint', async (args, hint) => {
  const { code, stdout, stderr } = await workspace.scheduler(args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(hint)
})

it('a schedule that can not be read is shown as invalid, with the reason, and the others stay', async () => {
  const manifest = JSON.parse(workspace.read('package.json'))
  manifest.webstir.module.jobs[1].schedule = '61 * * * *'
  await cp(workspace.path('build'), join(bare, 'broken', 'build'), { recursive: true })
  const { writeFile } = await import('node:fs/promises')
  await writeFile(join(bare, 'broken', 'package.json'), JSON.stringify(manifest))
  const { code, stdout } = await runNode([join(bare, 'broken/build/backend/jobs/scheduler.js'), '--list'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/often +61 \* \* \* \* +invalid/)
  expect(stdout).toMatch(/invalid +often: .*minute 61 is out of range 0-59/)
  expect(stdout).toMatch(/nightly +0 0 \* \* \*/)
})

it('an unknown key is warned of on standard error, with the one that was probably meant', async () => {
  const odd = await buildWorkspace({ jobs: [{ name: 'a', shedule: '@daily' }], sources: { a: NOTHING } })

  const { stdout, stderr } = await odd.scheduler(['--list', '--json'])

  expect(stderr).toMatch(
    /^Warning: package\.json: webstir\.module\.jobs\[0\]\.shedule \(job a\): .*did you mean "schedule"/,
  )
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'a' }])
})
