import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Ended, makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

/** What `--json` shows of an execution; docs/history.md lists the same. */
const KEYS = [
  'id',
  'job',
  'schedule',
  'scheduledFor',
  'tenant',
  'trigger',
  'status',
  'attempt',
  'maxAttempts',
  'recoveries',
  'priority',
  'args',
  'owner',
  'queuedAt',
  'availableAt',
  'startedAt',
  'completedAt',
  'durationMs',
  'error',
  'skipReason',
  'skipCount',
  'skippedUntil',
  'cancelRequestedAt',
  'progress',
  'parentId',
]

interface Shown {
  readonly id: string
  readonly job: string
  readonly status: string
  readonly trigger: string
  readonly scheduledFor: string
  readonly skipReason: string | null
  readonly skipCount: number
  readonly args: unknown
  readonly tenant: string | null
}

const ECHO = `export async function run(ctx: { args: unknown[]; log: { info(data: object, text: string): void } }) {
  ctx.log.info({ given: ctx.args }, 'hello')
  if (ctx.args[0] === 'fail') throw new Error('as asked')
}
`
const SLOW = `export async function run(ctx: { signal: AbortSignal; log: { info(text: string): void } }) {
  ctx.log.info('waiting')
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, 60_000)
    ctx.signal.addEventListener('abort', () => { clearTimeout(timer); ctx.log.info('told to end'); resolve(undefined) })
  })
}
`

/** A run that the store is asked for directly. */
const RUN = {
  node: 'test',
  job: 'by-hand',
  tenant: '',
  trigger: 'manual',
  scheduleKey: '',
  scheduledFor: 0,
  args: [],
  priority: 0,
  maxAttempts: 1,
  recoverLimit: 0,
  parentId: null,
  lock: 'exclusive',
  staleBefore: 0,
} as const

const JOBS = [
  { name: 'echo', schedule: '0 3 * * *' },
  { name: 'tenant-echo', multiTenant: true },
  { name: 'slow' },
  { name: 'ticking', schedule: 'rate(1 second)' },
]

async function builtWorkspace(): Promise<Workspace> {
  const workspace = makeWorkspace({
    linked: true,
    packageJson: { name: 'test', version: '1.0.0', type: 'module', webstir: { mode: 'api', module: { jobs: JOBS } } },
    files: {
      'src/backend/jobs/echo/index.ts': ECHO,
      'src/backend/jobs/tenant-echo/index.ts': ECHO,
      'src/backend/jobs/slow/index.ts': SLOW,
      'src/backend/jobs/ticking/index.ts': 'export async function run() {}\n',
    },
  })
  const built = await runCli(['build', '--no-typecheck'], { cwd: workspace.root })
  expect(built, built.stderr).toMatchObject({ code: 0 })
  return workspace
}

let workspace: Workspace
const webstir = (...args: string[]): Promise<Ended> => runCli(args, { cwd: workspace.root })
const scheduler = (...args: string[]): Promise<Ended> =>
  runNode([workspace.path('build/backend/jobs/scheduler.js'), ...args], { cwd: '/' })

async function history(...args: string[]): Promise<Shown[]> {
  const { stdout, stderr, code } = await webstir('job-history', '--json', ...args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

async function withStore<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(`file:${workspace.path('data/jobs.sqlite')}`)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const running: ChildProcess[] = []
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

/** Starts the built scheduler; resolves when it has printed a line that has this text in it. */
async function start(args: readonly string[], text: string): Promise<ChildProcess> {
  const env = { ...process.env, LOG_FORMAT: 'json', JOBS_STORE_URL: undefined, DATABASE_URL: undefined }
  const child = spawn(process.execPath, [workspace.path('build/backend/jobs/scheduler.js'), ...args], { env })
  running.push(child)
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    if (!line.includes(text)) continue
    lines.close()
    child.stdout.resume()
    return child
  }
  throw new Error(`the scheduler ended before it printed "${text}"`)
}

/** Asks again until it holds; the test's own time-out is the limit. */
async function until<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
  }
}

describe('the history of a workspace', () => {
  beforeAll(async () => {
    workspace = await builtWorkspace()
  })

  it('is empty before anything ran, and looking makes no store', async () => {
    expect(await webstir('job-history', '--json')).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' })
    expect((await webstir('job-history')).stdout).toBe('Nothing has run yet, and nothing was skipped.\n')
    expect(await webstir('job-logs', 'abc')).toMatchObject({ code: 1, stdout: '' })
    expect(await webstir('cancel', 'abc')).toMatchObject({ code: 1, stdout: '' })
    expect((await webstir('resume-job', 'echo')).stdout).toBe('echo was not paused.\n')
    expect((await webstir('migrate', '--status')).stdout).toContain('not applied')
    expect(await scheduler('--history', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })
    expect(await scheduler('--status')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('No scheduler is watching'),
    })
    expect(existsSync(workspace.path('data'))).toBe(false)
  })

  it('shows runs newest first, with secrets redacted, the same by the command and by the built scheduler', async () => {
    expect(await webstir('run-job', 'echo', '--args', '["x", {"password": "hunter2"}]')).toMatchObject({ code: 0 })
    expect(await webstir('run-job', 'echo', '--args', '"fail"')).toMatchObject({ code: 1 })

    const shown = await history()
    expect(shown.map(({ job, status, trigger }) => [job, status, trigger])).toEqual([
      ['echo', 'FAILURE', 'manual'],
      ['echo', 'SUCCESS', 'manual'],
    ])
    expect(Object.keys(shown[0] ?? {})).toEqual(KEYS)
    expect(shown[1]?.args).toEqual(['x', { password: '[Redacted]' }])
    expect(JSON.parse((await scheduler('--history', '--json')).stdout)).toEqual(shown)
    const table = await webstir('job-history')
    expect(table.stdout).toContain('JOB_FAILED: as asked')
    // How long ago something was depends on when one looks.
    const timeless = (text: string): string => text.replace(/ (?:now|\d+ \w+ ago) /g, ' ').replace(/ +/g, ' ')
    expect(timeless(table.stdout)).toBe(timeless((await scheduler('--history')).stdout))
  })

  it('can be narrowed down by job, status, time and number', async () => {
    expect(await history('--status', 'failure')).toHaveLength(1)
    expect(await history('--status', 'failure,success', '--limit', '1')).toHaveLength(1)
    expect(await history('ECHO', '--since', '1h')).toHaveLength(2)
    expect(await history('slow')).toEqual([])
    expect(await history('--status', 'failed', '--since', 'yesterday', '--until', 'today')).toHaveLength(1)
    expect(await history('--until', 'yesterday')).toEqual([])
    expect(await history('--since', new Date(Date.now() + 60_000).toISOString())).toEqual([])
    expect((await webstir('job-history', 'slow')).stdout).toBe('No execution matches.\n')
  })

  it('suggests what may have been meant', async () => {
    const status = await webstir('job-history', '--status', 'sucess')
    expect(status).toMatchObject({ code: 2, stdout: '' })
    expect(status.stderr).toContain('did you mean "SUCCESS"?')
    const job = await webstir('job-history', 'ecko')
    expect(job).toMatchObject({ code: 1, stdout: '' })
    expect(job.stderr).toContain('did you mean "echo"?')
    const since = await webstir('job-history', '--since', 'lately')
    expect(since).toMatchObject({ code: 2 })
    expect(since.stderr).toContain('--since "lately" is not a time')
    expect(await webstir('job-history', '--limit', '0')).toMatchObject({ code: 2 })
  })

  it('prints the log of an execution by its id or the beginning of it', async () => {
    const [failed] = await history('--status', 'failure')
    const id = failed?.id ?? ''
    const whole = await webstir('job-logs', id, '--json')
    expect(JSON.parse(whole.stdout)).toMatchObject([{ level: 'info', message: 'hello', data: { given: ['fail'] } }])
    const part = await webstir('job-logs', id.slice(0, 28))
    expect(part).toMatchObject({ code: 0 })
    expect(part.stdout).toContain('INFO  hello')
    expect(part.stderr).toContain('FAILURE (as asked), 1 line')
    expect((await webstir('job-logs', id.slice(-8), '--json')).stdout).toBe(whole.stdout)
    expect((await webstir('job-logs', 'Echo', '--json')).stdout).toBe(whole.stdout)
    expect((await webstir('job-logs', id.toUpperCase(), '--follow', '--json')).stdout).toBe(whole.stdout)
    const ambiguous = await webstir('job-logs', '0')
    expect(ambiguous).toMatchObject({ code: 1, stdout: '' })
    expect(ambiguous.stderr).toContain('several executions have ids that begin or end with "0"')
    const unknown = await webstir('job-logs', 'ffffffff')
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toContain('there is no execution "ffffffff"')
  })

  it('follows a log to its end, which a cancellation brings about', async () => {
    await start(['--job', 'slow'], 'waiting')
    const [shown] = await until(
      () => history('slow', '--status', 'running'),
      ({ length }) => length > 0,
    )
    const id = shown?.id ?? ''
    const following = webstir('job-logs', id, '--follow')
    const cancelled = await webstir('cancel', id, '--json')
    expect(JSON.parse(cancelled.stdout)).toEqual({ id, job: 'slow', result: 'requested' })
    const { code, stdout, stderr } = await following
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.slice(19))).toEqual(['waiting', 'told to end', ''])
    expect(stderr).toContain('CANCELLED (it was cancelled on request), 2 lines')
    const again = await webstir('cancel', id)
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('has already ended: CANCELLED')
  })

  it('cancels at once what is only queued', async () => {
    const scheduledFor = Date.UTC(2026, 0, 1)
    await withStore((store) =>
      store.claim({
        node: 'test',
        now: scheduledFor,
        slots: 0,
        staleBefore: 0,
        watermarks: [],
        fires: [
          {
            job: 'slow',
            scheduleKey: 'test',
            scheduledFor,
            tenant: '',
            trigger: 'schedule',
            priority: 0,
            args: [],
            maxAttempts: 1,
            recoverLimit: 3,
            overlap: 'skip',
            availableAt: scheduledFor,
            after: [],
            skip: null,
            count: 1,
          },
        ],
      }),
    )
    const [queued] = await history('--status', 'queued')
    const { code, stdout } = await webstir('cancel', queued?.id ?? '')
    expect(code).toBe(0)
    expect(stdout).toBe(`Cancelled slow (${queued?.id}): it was queued, and will not run.\n`)
    expect(await history('--status', 'queued')).toEqual([])
  })

  it('runs an execution again with its arguments and for its tenant', async () => {
    const args = ['again', { deep: [1, null] }]
    await scheduler('--job', 'tenant-echo', '--args', JSON.stringify(args), '--tenant', 'acme')
    const [past] = await history('tenant-echo')
    const rerun = await webstir('rerun', past?.id ?? '')
    expect(rerun, rerun.stderr).toMatchObject({ code: 0 })
    const [newest] = await history('tenant-echo')
    expect(newest).toMatchObject({ status: 'SUCCESS', trigger: 'manual', args, tenant: 'acme' })
    expect(newest?.id).not.toBe(past?.id)
    expect(await history('--tenant', 'acme')).toHaveLength(2)
    expect(await webstir('rerun', 'ffff')).toMatchObject({ code: 1, stdout: '' })
  })

  it('backfills a fire once and never twice', async () => {
    const first = await webstir('run-job', 'echo', '--scheduled-for', '2026-01-05T03:00:00Z')
    expect(first, first.stderr).toMatchObject({ code: 0 })
    const second = await webstir('run-job', 'echo', '--scheduled-for', '2026-01-05T03:00:00Z')
    expect(second).toMatchObject({ code: 1 })
    const off = await webstir('run-job', 'echo', '--scheduled-for', '2026-01-05T03:30:00Z')
    expect(off).toMatchObject({ code: 1 })
    expect(off.stderr).toContain('no schedule of "echo" fires at')
    const filled = (await history('echo')).filter(({ scheduledFor }) => scheduledFor === '2026-01-05T03:00:00.000Z')
    expect(filled).toMatchObject([{ status: 'SUCCESS', trigger: 'manual', schedule: '0 3 * * *' }])
  })

  it('pauses and resumes a job under a scheduler that is watching, and counts what is skipped', async () => {
    await start(['--watch', '--job', 'ticking'], 'succeeded')
    expect(await scheduler('--status')).toMatchObject({ code: 0, stdout: expect.stringContaining('alive, on time') })
    const paused = await webstir('pause-job', 'Ticking', '--reason', 'moving house')
    expect(paused.stdout).toContain('Paused ticking.')
    expect((await webstir('pause-job', 'ticking')).stdout).toContain('was already paused')
    const [skip] = await until(
      () => history('ticking', '--status', 'skipped'),
      ([row]) => (row?.skipCount ?? 0) >= 2,
    )
    expect(skip?.skipReason).toMatch(/^paused: by .+, because: moving house$/)
    expect(await history('ticking', '--status', 'skipped')).toHaveLength(1)
    expect((await webstir('job-history', 'ticking')).stdout).toMatch(/moving house; \d+ times, the last at 20/)
    expect((await webstir('next-runs', 'ticking', '--count', '1')).stdout).toContain('paused')

    const before = (await history('ticking', '--status', 'success', '--limit', '1000')).length
    expect((await webstir('resume-job', 'ticking')).stdout).toContain('Resumed ticking.')
    await until(
      () => history('ticking', '--status', 'success', '--limit', '1000'),
      ({ length }) => length > before,
    )
  })
})

describe('the tables of a store', () => {
  it('are brought up to date by the command', async () => {
    workspace = makeWorkspace({ linked: true })
    const migrated = await webstir('migrate', '--json')
    expect(JSON.parse(migrated.stdout)).toMatchObject({
      store: `file:${workspace.path('data/jobs.sqlite')}`,
      migrations: [
        { version: 1, name: 'tables', appliedAt: expect.stringMatching(/^20/) },
        { version: 2, name: 'open and history', appliedAt: expect.stringMatching(/^20/) },
      ],
      applied: [1, 2],
    })
    expect((await webstir('migrate')).stdout).toContain('was already up to date')
    expect((await webstir('migrate', '--status')).stdout).toContain('It is up to date.')
    expect(await webstir('migrate', '--sql')).toMatchObject({ code: 0, stdout: '' })
    expect(await webstir('migrate', '--sql', '--status')).toMatchObject({ code: 2 })
  })

  it('may be made by hand from the SQL that the command prints', async () => {
    workspace = makeWorkspace({ linked: true })
    const database = await testDatabase()
    const env = { JOBS_STORE_URL: database.url, JOBS_STORE_MIGRATE: 'off' }
    const onPostgres = (...args: string[]): Promise<Ended> => runCli(args, { cwd: workspace.root, env })
    try {
      expect((await onPostgres('job-history')).stdout).toBe('Nothing has run yet, and nothing was skipped.\n')
      expect((await onPostgres('migrate', '--status')).stdout).toContain('not applied')
      const { stdout: script } = await onPostgres('migrate', '--sql')
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      await client.query(script)
      await client.end()
      const status = await onPostgres('migrate', '--status')
      expect(status.stdout).toContain('It is up to date.')
      expect(status.stdout).not.toContain('password')
      expect(await onPostgres('job-history', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })

      const store = await openStore(database.url)
      const started = await store.begin({ ...RUN, now: Date.now() })
      await store.close()
      const id = started.acquired ? started.execution.id : ''
      expect((await onPostgres('cancel', id.slice(0, 30))).stdout).toContain(
        `Asked ${RUN.node} to cancel by-hand (${id})`,
      )
      expect((await onPostgres('job-history', '--tenant', '')).code).toBe(2)
    } finally {
      await database.release()
    }
  })

  it('are none where the store is in memory', async () => {
    workspace = makeWorkspace()
    const { code, stderr } = await runCli(['migrate'], { cwd: workspace.root, env: { JOBS_STORE_URL: 'memory:' } })
    expect(code).toBe(1)
    expect(stderr).toContain('has no tables to migrate')
  })
})
