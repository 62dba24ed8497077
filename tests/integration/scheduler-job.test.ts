import { existsSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type BuiltWorkspace, buildWorkspace, type LogEntry } from '../support/built.ts'
import { runNode } from '../support/workspace.ts'

let workspace: BuiltWorkspace

beforeAll(async () => {
  workspace = await buildWorkspace({
    jobs: [
      { name: 'greet', args: ['world'], description: 'Says hello' },
      { name: 'fails' },
      { name: 'my_cleanup_task' },
      { name: 'no-run' },
      { name: 'bad-load' },
      { name: 'vanished' },
      { name: 'default-form' },
      { name: 'slow' },
      { name: 'off', enabled: false },
      { name: 'retried', retry: { attempts: 3, delay: '50ms', backoff: 'fixed' } },
      { name: 'knows' },
      { name: 'stray' },
      {
        name: 'by-schedule',
        schedule: [
          { schedule: '0 6 * * *', args: ['early', { token: 'abc' }] },
          { schedule: '0 18 * * *', args: ['late'] },
        ],
      },
    ],
    sources: {
      greet: `export async function run({ args, log, env, job, attempt, scheduledFor, signal, executionId }) {
        log.info({ shown: { args, job, attempt, at: scheduledFor.toISOString(), aborted: signal.aborted, executionId, color: env.PAINT } }, 'hello ' + args[0])
        console.warn('from the %s', 'console')
      }`,
      fails: `export async function run() { throw Object.assign(new Error('no such customer'), { code: 'E_CUSTOMER' }) }`,
      my_cleanup_task: `export async function run({ log }) { log.info('cleaned') }`,
      'no-run': `export const answer = 42`,
      'bad-load': `throw new Error('broken at the top')\nexport function run() {}`,
      vanished: `export function run() {}`,
      'default-form': `export default async ({ log }) => { log.info('by default') }`,
      slow: `export async function run({ log }) { log.info('begun'); await new Promise((r) => setTimeout(r, 3000)) }`,
      off: `export async function run({ log }) { log.info('ran though off') }`,
      retried: `import { appendFileSync } from 'node:fs'
        export async function run({ attempt, log }) { if (attempt < 3) throw new Error('not yet ' + attempt); log.info('third time lucky') }`,
      knows: `import { JobLockedError, JobNotFoundError, JobsError, runBackgroundJob } from 'webstir-jobs'
        export async function run({ log }) {
          const error = await runBackgroundJob('nope').catch((error) => error)
          log.info('known as ' + [JobNotFoundError, JobsError, JobLockedError, Error].map((kind) => error instanceof kind))
        }`,
      'by-schedule': `export async function run({ args, log }) { log.info('given ' + args[0]) }`,
      stray: `export async function run() { void Promise.reject(new Error('left alone')) }`,
    },
    files: {
      '.env': 'PAINT=from-env\nLOG_LEVEL=info\n',
      '.env.local': 'PAINT=from-local\n',
      '.env.staging': 'PAINT=from-staging\n',
      '.env.staging.local': 'PAINT=from-staging-local\n',
    },
  })
  await rename(workspace.path('build/backend/jobs/vanished/index.js'), workspace.path('vanished.js'))
})

const logOf = (stdout: string): LogEntry[] =>
  stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))

it('says once in readable lines how long it took', async () => {
  const { stdout } = await workspace.scheduler(['--job', 'greet'], { env: { LOG_FORMAT: 'pretty' } })
  expect(stdout).toMatch(/succeeded in \d+ ms\n/)
  expect(stdout).not.toContain('durationMs=')
})

it('a store below /proc is an error, not a hang', async () => {
  const env = { JOBS_STORE_URL: 'file:/proc/x/jobs.sqlite' }
  const { code, stderr } = await workspace.scheduler(['--job', 'greet'], { env })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Error: .*\/proc\/x/)
})

it('a job whose arguments are on its schedules runs with the first ones, and says so', async () => {
  const { code, stdout } = await workspace.scheduler(['--job', 'by-schedule'])
  expect(code).toBe(0)
  expect(stdout).toContain('[by-schedule] given early')
  const said = logOf(stdout).find(({ msg }) => msg.includes('takes the arguments'))
  expect(said?.msg).toBe(
    '[by-schedule] takes the arguments of its schedule "0 6 * * *", ["early",{"token":"[Redacted]"}]; give others with --args',
  )
  const given = await workspace.scheduler(['--job', 'by-schedule', '--args', '"mine"'])
  expect(given.stdout).toContain('[by-schedule] given mine')
  expect(given.stdout).not.toContain('takes the arguments')
})

it('a fire that is backfilled has the arguments of its schedule', async () => {
  const late = await workspace.scheduler(['--job', 'by-schedule', '--scheduled-for', '2026-01-05T18:00:00Z'])
  expect(late.stdout).toContain('[by-schedule] given late')
})

it('a job runs once with its arguments and context, and its lines say whose they are', async () => {
  const { code, stdout, stderr } = await workspace.scheduler(['--job', 'greet'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const entries = logOf(stdout)
  const hello = entries.find(({ msg }) => msg === '[greet] hello world')
  expect(hello).toMatchObject({
    level: 'info',
    job: 'greet',
    shown: { job: 'greet', attempt: 1, aborted: false, args: ['world'] },
  })
  expect(hello?.executionId).toMatch(/^[0-9a-f-]{36}$/)
  expect(entries.find(({ msg }) => msg === '[greet] from the console')).toMatchObject({
    level: 'warn',
    executionId: hello?.executionId,
  })
  const [row] = await workspace.history()
  expect(row).toMatchObject({
    id: hello?.executionId,
    job: 'greet',
    trigger: 'manual',
    status: 'SUCCESS',
    args: ['world'],
  })
})

it('--args replaces the arguments; what is not valid JSON is refused', async () => {
  const { stdout } = await workspace.scheduler(['--job', 'greet', '--args', '["you"]'])
  expect(stdout).toContain('[greet] hello you')
  const refused = await workspace.scheduler(['--job', 'greet', '--args', '{you'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/--args is not valid JSON/)
})

it('a --grace that is not a valid duration is refused, and nothing runs', async () => {
  const refused = await workspace.scheduler(['--job', 'greet', '--grace', 'soon'])
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toBe('Error: --grace "soon" is not a valid duration\nHint: use one such as 30s or 2m\n')
})

it('the environment comes from the real one, then the .env files in their order', async () => {
  const color = async (env: Record<string, string>): Promise<unknown> => {
    const { stdout } = await workspace.scheduler(['--job', 'greet'], { env })
    return logOf(stdout).find(({ msg }) => msg === '[greet] hello world')?.shown
  }
  expect(await color({})).toMatchObject({ color: 'from-local' })
  expect(await color({ NODE_ENV: 'staging' })).toMatchObject({ color: 'from-staging-local' })
  expect(await color({ NODE_ENV: 'staging', PAINT: 'real' })).toMatchObject({ color: 'real' })
})

it("the runtime's errors are what a job takes them for, though its run is a file of its own", async () => {
  const { stdout } = await workspace.scheduler(['--job', 'knows'])
  expect(stdout).toContain('[knows] known as true,true,false,true')
  const direct = await runNode([workspace.path('build/backend/jobs/knows/index.js')])
  expect(direct.stdout).toContain('[knows] known as true,true,false,true')
})

it('a failing job exits with 1, and its error is recorded with code and stack', async () => {
  const { code, stdout } = await workspace.scheduler(['--job', 'fails'])
  expect(code).toBe(1)
  expect(logOf(stdout).find(({ level }) => level === 'error')?.msg).toBe(
    '[fails] failed: no such customer (build/backend/jobs/fails/index.js)',
  )
  const row = (await workspace.history()).find(({ job }) => job === 'fails')
  expect(row).toMatchObject({ status: 'FAILURE', error: { code: 'E_CUSTOMER', message: 'no such customer' } })
})

it('a job is found without regard to case, dashes and underscores', async () => {
  expect((await workspace.scheduler(['--job', 'My-Cleanup-Task'])).stdout).toContain('[my_cleanup_task] cleaned')
})

it('an unknown job exits with 1 and suggests what may have been meant', async () => {
  const { code, stderr } = await workspace.scheduler(['--job', 'gret'])
  expect(code).toBe(1)
  expect(stderr).toContain('there is no job "gret"')
  expect(stderr).toContain('did you mean "greet"?')
})

describe('what is wrong with a module is said in four different ways, each with job and file', () => {
  it.each([
    ['vanished', /job "vanished" has no built module at build\/backend\/jobs\/vanished\/index\.js/],
    ['no-run', /job "no-run": .*jobs\/no-run\/index\.[jt]s has no run function/],
    ['bad-load', /job "bad-load": .*jobs\/bad-load\/index\.js throws while it is loaded: broken at the top/],
    ['fails', /\[fails\] failed: no such customer/],
  ])('the message for %s names the job and its file', async (job, message) => {
    const { code, stdout } = await workspace.scheduler(['--job', job])
    expect(code).toBe(1)
    expect(logOf(stdout).some(({ msg }) => message.test(msg))).toBe(true)
  })
})

it('a default function is a job too', async () => {
  expect((await workspace.scheduler(['--job', 'default-form'])).stdout).toContain('[default-form] by default')
})

it('a retry follows in the same process, and a row of its own is kept for each attempt', async () => {
  const { code, stdout } = await workspace.scheduler(['--job', 'retried'])
  expect(code).toBe(0)
  expect(stdout).toContain('[retried] third time lucky')
  const row = (await workspace.history()).find(({ job }) => job === 'retried')
  expect(row).toMatchObject({ status: 'SUCCESS', attempt: 3 })
})

it('a promise that is rejected and left alone makes its own job fail', async () => {
  const { code, stdout } = await workspace.scheduler(['--job', 'stray'])
  expect(code).toBe(1)
  expect(stdout).toContain('[stray] failed: left alone')
})

it('the lock: while a job runs, a second run exits with 75, and --force goes beside it', async () => {
  const first = workspace.start(['--job', 'slow'])
  await first.logged(/begun/)
  const second = await workspace.scheduler(['--job', 'slow'])
  expect(second.code).toBe(75)
  expect(second.stderr).toMatch(/job "slow" is running already/)
  expect(second.stderr).toMatch(/--force/)
  const forced = workspace.start(['--job', 'slow', '--force'])
  await forced.logged(/begun/)
  expect((await first.ended).code).toBe(0)
  expect((await forced.ended).code).toBe(0)
})

it('a disabled job does not run unless it is forced', async () => {
  const refused = await workspace.scheduler(['--job', 'off'])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('job "off" is disabled: "enabled": false in package.json')
  expect((await workspace.scheduler(['--job', 'off', '--force'])).stdout).toContain('ran though off')
  const byEnvironment = await workspace.scheduler(['--job', 'my_cleanup_task'], {
    env: { MY_CLEANUP_TASK_ENABLED: 'false' },
  })
  expect(byEnvironment.stderr).toContain('MY_CLEANUP_TASK_ENABLED=false')
})

it('the built module itself runs the job, whatever the current folder', async () => {
  const { code, stdout } = await runNode(
    [workspace.path('build/backend/jobs/greet/index.js'), '--args', '["direct"]'],
    { cwd: '/' },
  )
  expect(code).toBe(0)
  expect(stdout).toContain('[greet] hello direct')
  const [row] = await workspace.history()
  expect(row).toMatchObject({ job: 'greet', trigger: 'manual', status: 'SUCCESS', args: ['direct'] })
})

it('a request to stop lets a run finish within its grace; after that it is aborted', async () => {
  const patient = workspace.start(['--job', 'slow'])
  await patient.logged(/begun/)
  expect((await patient.stop('SIGTERM')).code).toBe(0)
  const hurried = workspace.start(['--job', 'slow', '--grace', '100ms'])
  await hurried.logged(/begun/)
  expect((await hurried.stop('SIGINT')).code).toBe(1)
  const [row] = await workspace.history()
  expect(row).toMatchObject({ job: 'slow', status: 'CANCELLED' })
})

it('readable lines instead of JSON, and levels, are for the asking', async () => {
  const { stdout } = await workspace.scheduler(['--job', 'greet'], { env: { LOG_FORMAT: 'pretty', LOG_LEVEL: 'warn' } })
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}\[greet\] from the console/m)
  expect(stdout).not.toContain('hello world')
  const wrong = await workspace.scheduler(['--job', 'greet'], { env: { LOG_LEVEL: 'loud' } })
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toContain('LOG_LEVEL "loud" is not a level')
})

it('WORKSPACE_ROOT names another workspace for the manifest and the data', async () => {
  const other = await buildWorkspace({
    jobs: [{ name: 'greet', args: ['elsewhere'] }],
    sources: { greet: 'export function run() {}' },
  })
  const { stdout } = await workspace.scheduler(['--job', 'greet'], { env: { WORKSPACE_ROOT: other.root } })
  expect(stdout).toContain('[greet] hello elsewhere')
  expect(existsSync(other.path('data/jobs.sqlite'))).toBe(true)
})

it('--all runs every job by priority, and one failure does not stop the rest', async () => {
  const all = await buildWorkspace({
    jobs: [
      { name: 'last', priority: 'low' },
      { name: 'first', priority: 'critical' },
      { name: 'broken', priority: 15 },
      { name: 'off', enabled: false },
    ],
    sources: Object.fromEntries(
      ['last', 'first', 'off', 'broken'].map((name) => [
        name,
        `import { appendFileSync } from 'node:fs'
         export function run({ job }) { appendFileSync(process.env.TRACE, job + '\\n'); if (job === 'broken') throw new Error('broken') }`,
      ]),
    ),
  })
  const trace = all.path('trace.txt')
  const { code, stdout } = await all.scheduler(['--all'], { env: { TRACE: trace } })
  expect(code).toBe(1)
  expect(readFileSync(trace, 'utf8')).toBe('first\nbroken\nlast\n')
  expect(stdout).toContain('[off] skipped, disabled')
})
