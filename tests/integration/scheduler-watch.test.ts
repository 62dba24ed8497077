import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'

const NOTHING = 'export async function run() {}\n'

it('it runs what is due, each fire once, until it is stopped, and leaves nothing running', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'tick', schedule: 'rate(1 second)' },
      { name: 'boot', schedule: '@reboot' },
    ],
    sources: {
      tick: `export async function run({ log }) { log.info('tock') }`,
      boot: `export function run({ log }) { log.info('up') }`,
    },
  })
  const watching = workspace.start(['--watch'])
  await watching.logged(/\[boot\] up/)
  await watching.logged(/\[tick\] tock/)
  const third = new Promise<void>((resolve) => {
    watching.process.stdout?.on('data', () => {
      if (watching.entries().filter(({ msg }) => msg === '[tick] tock').length >= 3) resolve()
    })
  })
  await third
  expect(await watching.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  const history = await workspace.history()
  const ticks = history.filter(({ job }) => job === 'tick')
  expect(ticks.length).toBeGreaterThanOrEqual(3)
  expect(new Set(ticks.map(({ scheduledFor }) => scheduledFor)).size).toBe(ticks.length)
  expect(history.filter(({ job }) => job === 'boot')).toHaveLength(1)
  expect(history.every(({ status }) => status === 'SUCCESS')).toBe(true)
})

it('only @reboot jobs: it exits when they are done', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'boot', schedule: '@reboot' }],
    sources: {
      boot: `export async function run({ log }) { await new Promise((r) => setTimeout(r, 300)); log.info('done') }`,
    },
  })
  const { code, stdout } = await workspace.scheduler(['--watch'])
  expect(code).toBe(0)
  expect(stdout).toContain('[boot] done')
  const again = await workspace.scheduler(['--watch', '--no-reboot'])
  expect(again.stdout).not.toContain('[boot] done')
})

describe('a schedule that can not be read', () => {
  const jobs = [
    { name: 'wrong', schedule: '0 25 * * *' },
    { name: 'right', schedule: '@reboot' },
  ]

  it('is named in an error, and the others run; --strict refuses to start', async () => {
    const workspace = await buildWorkspace({
      jobs: [
        { name: 'wrong', schedule: '0 0 * * *' },
        { name: 'right', schedule: '@reboot' },
      ],
      sources: { wrong: NOTHING, right: `export function run({ log }) { log.info('ran') }` },
    })
    const manifest = JSON.parse(workspace.read('package.json'))
    manifest.webstir.module.jobs = jobs
    workspace.write('package.json', JSON.stringify(manifest))
    const { stdout } = await workspace.scheduler(['--watch'])
    expect(stdout).toMatch(
      /"level":"error".*webstir\.module\.jobs\[0\]\.schedule \(job wrong\).*hour 25 is out of range 0-23/,
    )
    expect(stdout).toContain('[right] ran')
    const record = (await workspace.history()).find(({ job }) => job === 'wrong')
    expect(record).toMatchObject({ status: 'SKIPPED', skipReason: expect.stringMatching(/^invalid: .*hour 25/) })
    const strict = await workspace.scheduler(['--watch', '--strict'])
    expect(strict.code).toBe(1)
    expect(strict.stdout).not.toContain('[right] ran')
    expect(strict.stderr).toContain('--strict')
  })
})

it('a fire that finds its job still running is skipped and recorded, many in one row', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'slow', schedule: 'rate(1 second)' }],
    sources: { slow: `export async function run() { await new Promise((r) => setTimeout(r, 3500)) }` },
  })
  const watching = workspace.start(['--watch'])
  await watching.logged(/\[slow\] skipped, overlap/)
  await watching.logged(/\[slow\] succeeded/)
  await watching.stop()
  const skips = (await workspace.history()).filter(({ status }) => status === 'SKIPPED')
  expect(skips[0]?.skipReason).toMatch(/^overlap: /)
  expect(skips.reduce((sum, { skipCount }) => sum + skipCount, 0)).toBeGreaterThanOrEqual(2)
})

it('a disabled job leaves a row and a log line that say so', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'send-report', schedule: 'rate(1 second)' }],
    sources: { 'send-report': NOTHING },
  })
  const watching = workspace.start(['--watch'], { SEND_REPORT_ENABLED: 'false' })
  await watching.logged(/\[send-report\] skipped, disabled: SEND_REPORT_ENABLED=false/)
  await watching.stop()
  expect((await workspace.history())[0]).toMatchObject({
    status: 'SKIPPED',
    skipReason: expect.stringContaining('SEND_REPORT_ENABLED=false'),
  })
})

it('on stop, a job has its grace to finish; what does not is given back, and runs again later', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'finishes', schedule: '@reboot' },
      { name: 'heeds', schedule: 'at(2020-01-01T00:00:00)', catchUpWindow: '10000d' },
    ],
    sources: {
      finishes: `export async function run({ log }) { log.info('begun'); await new Promise((r) => setTimeout(r, 1000)); log.info('finished') }`,
      heeds: `import { once } from 'node:events'
        export async function run({ log, signal, attempt }) { log.info('attempt ' + attempt); if (attempt > 1) return; await once(signal, 'abort'); throw signal.reason }`,
    },
  })
  const watching = workspace.start(['--watch', '--grace', '3s'])
  await watching.logged(/\[finishes\] begun/)
  await watching.logged(/\[heeds\] attempt 1/)
  expect(await watching.stop('SIGINT')).toEqual({ code: 0, signal: null })
  expect(watching.entries().map(({ msg }) => msg)).toContain('[finishes] finished')
  expect(
    watching
      .entries()
      .map(({ msg }) => msg)
      .join('\n'),
  ).toMatch(/\[heeds\] interrupted/)
  const next = workspace.start(['--watch', '--no-reboot'])
  await next.logged(/\[heeds\] attempt 2/)
  await next.stop()
  const row = (await workspace.history()).find(({ job }) => job === 'heeds')
  expect(row).toMatchObject({ status: 'SUCCESS', attempt: 2, trigger: 'catch-up' })
})

it('a second signal leaves at once', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'stubborn', schedule: '@reboot' }],
    sources: {
      stubborn: `export async function run({ log }) { log.info('begun'); await new Promise((r) => setTimeout(r, 60_000)) }`,
    },
  })
  const watching = workspace.start(['--watch'])
  await watching.logged(/begun/)
  watching.process.kill('SIGINT')
  await watching.logged(/SIGINT: no more fires/)
  expect(await watching.stop('SIGINT')).toEqual({ code: 130, signal: null })
})

it('--pause stops the fires of a job, with a record, until --resume; --status tells whether a scheduler is well', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'tick', schedule: 'rate(1 second)' }],
    sources: { tick: `export function run({ log }) { log.info('tock') }` },
  })
  const before = await workspace.scheduler(['--status'])
  expect(before.code).toBe(1)
  expect((await workspace.scheduler(['--pause', 'tick', '--reason', 'migration'])).code).toBe(0)
  const watching = workspace.start(['--watch'])
  await watching.logged(/\[tick\] skipped, paused.*migration/)
  const status = await workspace.scheduler(['--status', '--json'])
  expect(status.code).toBe(0)
  expect(JSON.parse(status.stdout)).toMatchObject([{ isAlive: true, isOnTime: true, pid: watching.process.pid }])
  expect(watching.entries().some(({ msg }) => msg === '[tick] tock')).toBe(false)
  expect((await workspace.scheduler(['--resume', 'tick'])).code).toBe(0)
  await watching.logged(/\[tick\] tock/)
  await watching.stop()
  expect((await workspace.scheduler(['--status'])).code).toBe(1)
})

describe('isolation: process', () => {
  it('a job runs in a process of its own, whose log, outcome and end come back', async () => {
    const workspace = await buildWorkspace({
      jobs: [
        { name: 'fine', schedule: '@reboot', isolation: 'process', args: ['x'] },
        { name: 'exits', schedule: '@reboot', isolation: 'process' },
        { name: 'dies', schedule: '@reboot', isolation: 'process' },
        { name: 'throws', schedule: '@reboot', isolation: 'process' },
        { name: 'hangs', schedule: '@reboot', isolation: 'process', timeout: '1s' },
      ],
      sources: {
        fine: `export async function run({ log, args, progress }) { progress(50, 'half'); log.info({ pid: process.pid }, 'in ' + args[0]); console.log('via console') }`,
        exits: `export async function run() { process.exit(3) }`,
        dies: `export async function run() { process.kill(process.pid, 'SIGKILL'); await new Promise(() => setInterval(() => {}, 1000)) }`,
        throws: `export async function run() { throw Object.assign(new TypeError('bad input'), { code: 'E_INPUT' }) }`,
        hangs: `export async function run({ log }) { log.info('hanging'); for (;;) {} }`,
      },
    })
    const watching = workspace.start(['--watch'])
    const said = await watching.logged(/\[fine\] in x/)
    expect(said.pid).not.toBe(watching.process.pid)
    expect((await watching.ended).code).toBe(0)
    expect(watching.entries().map(({ msg }) => msg)).toContain('[fine] via console')
    const rows = Object.fromEntries((await workspace.history()).map((row) => [row.job, row]))
    expect(rows.fine).toMatchObject({ status: 'SUCCESS', progress: { percent: 50, message: 'half' } })
    expect(rows.exits).toMatchObject({
      status: 'FAILURE',
      error: { message: expect.stringContaining('process.exit(3)') },
    })
    expect(rows.dies).toMatchObject({
      status: 'FAILURE',
      error: { code: 'JOB_PROCESS_DIED', message: expect.stringContaining('SIGKILL') },
    })
    expect(rows.throws).toMatchObject({ status: 'FAILURE', error: { code: 'E_INPUT', message: 'bad input' } })
    expect(rows.hangs).toMatchObject({ status: 'FAILURE', error: { code: 'TIMEOUT' } })
  })
})

it('a scheduler that is killed takes the process of an isolated job with it, though that blocks its event loop', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'blocks', schedule: '@reboot', isolation: 'process' }],
    sources: {
      blocks: `export async function run({ log }) { log.info('blocking'); setTimeout(() => { for (;;) {} }, 50); await new Promise(() => {}) }`,
    },
  })
  const watching = workspace.start(['--watch'])
  await watching.logged(/\[blocks\] blocking/)
  watching.process.kill('SIGKILL')
  // The pipe of its output, which the job's process shares, closes only when both have ended.
  expect(await watching.ended).toEqual({ code: null, signal: 'SIGKILL' })
})

it('the process of an isolated job whose scheduler is gone before it could look ends all the same', async () => {
  const workspace = await buildWorkspace({ jobs: [], sources: {} })
  const someoneElse = String(process.ppid)
  const child = fork(workspace.path('build/backend/webstir/child.js'), [someoneElse], { stdio: 'ignore' })
  const signal = await new Promise((resolve) => child.once('exit', (_code, ended) => resolve(ended)))
  expect(signal).toBe('SIGKILL')
})

it('an inline job that does not heed its timeout is recorded, and still counts as running', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'deaf', schedule: 'rate(1 second)', timeout: '500ms' }],
    sources: {
      deaf: `export async function run({ log }) { log.info('begun'); await new Promise((r) => setTimeout(r, 5000)) }`,
    },
  })
  const watching = workspace.start(['--watch'])
  await watching.logged(/\[deaf\] failed: it took longer than its timeout of 0\.5 s/)
  await watching.logged(/\[deaf\] is still running although it was aborted.*"isolation": "process"/)
  const begun = () => watching.entries().filter(({ msg }) => msg === '[deaf] begun').length
  const beforeSkip = begun()
  await watching.logged(/\[deaf\] skipped, overlap/)
  expect(begun()).toBe(beforeSkip)
  await watching.stop()
  const rows = await workspace.history()
  expect(rows.some(({ status, error }) => status === 'FAILURE' && error?.code === 'TIMEOUT')).toBe(true)
})

it('stray rejections and exceptions of a job are its own; the scheduler lives on', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'messy', schedule: '@reboot' },
      { name: 'steady', schedule: 'rate(1 second)' },
    ],
    sources: {
      messy: `export async function run() { setTimeout(() => { throw new Error('from a timer') }, 50); setTimeout(() => Promise.reject(new Error('from a promise')), 100) }`,
      steady: `export function run({ log }) { log.info('steady') }`,
    },
  })
  const watching = workspace.start(['--watch'])
  const stray = await watching.logged(/\[messy\] .*after it had ended/)
  expect(stray).toMatchObject({ level: 'error', job: 'messy' })
  const count = watching.entries().length
  await watching.logged(/\[steady\] steady/)
  expect(watching.entries().length).toBeGreaterThanOrEqual(count)
  expect(await watching.stop()).toEqual({ code: 0, signal: null })
})

it('a workspace laid out by the current Webstir works, and its own key is read', async () => {
  const { makeWorkspace, runCli } = await import('../support/workspace.ts')
  const { withScheduler } = await import('../support/built.ts')
  const legacy = makeWorkspace({
    packageJson: {
      name: 'old',
      type: 'module',
      webstir: { mode: 'api', moduleManifest: { name: 'old', jobs: [{ name: 'nightly', schedule: '0 0 * * *' }] } },
    },
    files: { 'src/backend/jobs/nightly/index.ts': `export async function run() { console.log('old but gold') }\n` },
    linked: true,
  })
  const added = await runCli(['add-job', 'fresh', '--schedule', '@hourly'], { cwd: legacy.root })
  expect(added.code, added.stderr).toBe(0)
  const { webstir } = JSON.parse(legacy.read('package.json'))
  expect(webstir.moduleManifest.jobs).toEqual([
    { name: 'nightly', schedule: '0 0 * * *' },
    { name: 'fresh', schedule: '@hourly' },
  ])
  expect(webstir.module).toBeUndefined()
  const built = await runCli(['build'], { cwd: legacy.root })
  expect(built.code, built.stderr).toBe(0)
  const workspace = withScheduler(legacy)
  expect((await workspace.scheduler(['--list'])).stdout).toMatch(/nightly[\s\S]*fresh +@hourly/)
  expect((await workspace.scheduler(['--job', 'nightly'])).stdout).toContain('[nightly] old but gold')
})

it('the data folder and the log survive: what one scheduler recorded, the next one knows', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'once', schedule: 'rate(1 hour)' }],
    sources: { once: `export function run({ log }) { log.info('ran') }` },
  })
  const first = workspace.start(['--watch'])
  await first.logged(/\[once\] ran/)
  await first.stop()
  const second = workspace.start(['--watch'])
  await second.logged(/watching 1 job/)
  await second.stop()
  expect(await workspace.history()).toHaveLength(1)
  expect(existsSync(workspace.path('data/jobs.sqlite'))).toBe(true)
  expect(readFileSync(workspace.path('package.json'), 'utf8')).toContain('rate(1 hour)')
})
