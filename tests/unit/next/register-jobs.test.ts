import { afterEach, describe, expect, it, vi } from 'vitest'
import { type NextJob, registerJobs } from '../../../runtime/next/index.ts'
import { openStore } from '../../../runtime/store/open.ts'

const KEY = Symbol.for('webstir-jobs.next')
const shared = globalThis as { [KEY]?: Promise<{ destroy(): Promise<void> }> }

afterEach(async () => {
  vi.unstubAllEnvs()
  await (await shared[KEY]?.catch(() => undefined))?.destroy()
  delete shared[KEY]
})

const NOON = new Date('2026-03-01T12:00:00Z')
const MIDNIGHT = new Date('2026-03-01T00:00:00Z')

/** Registers a list that notes what runs. */
async function register(
  jobs: readonly NextJob[],
  { level = 'silent', ...options }: { schedule?: string; level?: string } = {},
) {
  vi.stubEnv('LOG_LEVEL', level)
  const store = await openStore('memory:')
  const scheduler = await registerJobs({ jobs, store, ...options })
  return { store, scheduler }
}

describe('registerJobs', () => {
  it.each([
    ['the edge runtime', { NEXT_RUNTIME: 'edge' }],
    ['next build', { NEXT_RUNTIME: 'nodejs', NEXT_PHASE: 'phase-production-build' }],
  ])('starts nothing in %s', async (_, env) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    expect(await registerJobs({ jobs: [{ name: 'a', run: () => {} }], store: 'memory:' })).toBeNull()
    expect(shared[KEY]).toBeUndefined()
  })

  it('starts one scheduler, however often it is called', async () => {
    vi.stubEnv('NEXT_RUNTIME', 'nodejs')
    vi.stubEnv('LOG_LEVEL', 'silent')
    const options = { jobs: [{ name: 'a', run: () => {} }], store: 'memory:' }
    const [one, two] = await Promise.all([registerJobs(options), registerJobs(options)])
    expect(one).not.toBeNull()
    expect(two).toBe(one)
    // Hot reload loads the module anew.
    vi.resetModules()
    const reloaded = await import('../../../runtime/next/index.ts')
    let reloadedRuns = 0
    const reloadedJobs = [{ name: 'a', run: () => void reloadedRuns++ }]
    expect(await reloaded.registerJobs({ ...options, jobs: reloadedJobs })).toBe(one)
    await one?.runBackgroundJobs(MIDNIGHT)
    expect(reloadedRuns).toBe(1)
  })

  it('runs the list in its order, in one tick, at midnight UTC unless SYNC_CRON_SCHEDULE says otherwise', async () => {
    const order: string[] = []
    const job = (name: string, wait: number) => ({
      name,
      run: async () => {
        await new Promise((resolve) => setTimeout(resolve, wait))
        order.push(name)
      },
    })
    const { scheduler, store } = await register([job('users', 20), job('orders', 1), job('mails', 5)])
    expect((await scheduler?.jobs())?.map(({ schedules }) => schedules.map(({ schedule }) => schedule))).toEqual([
      ['0 0 * * *'],
    ])
    await scheduler?.runBackgroundJobs(MIDNIGHT)
    expect(order).toEqual(['users', 'orders', 'mails'])
    const executions = (await store.executions({})).map(({ job: name, status }) => `${name} ${status}`)
    expect(executions.sort()).toEqual(['mails SUCCESS', 'orders SUCCESS', 'sync-tick SUCCESS', 'users SUCCESS'])
  })

  it('obeys SYNC_CRON_SCHEDULE', async () => {
    vi.stubEnv('SYNC_CRON_SCHEDULE', '0 12 * * *')
    let runs = 0
    const { scheduler } = await register([{ name: 'users', run: () => void runs++ }])
    await scheduler?.runBackgroundJobs(MIDNIGHT)
    expect(runs).toBe(0)
    await scheduler?.runBackgroundJobs(NOON)
    expect(runs).toBe(1)
  })

  it('goes on with the next one when one fails, is locked, switched off, or has nothing to do', async () => {
    vi.stubEnv('OFF_ENABLED', 'false')
    const ran: string[] = []
    const fine = (name: string) => ({ name, run: () => void ran.push(name) })
    const { scheduler, store } = await register([
      {
        name: 'fails',
        run: () => {
          throw new Error('no')
        },
      },
      { ...fine('done'), preCheck: async () => ({ skip: true, reason: 'Already completed for this period' }) },
      {
        ...fine('broken-check'),
        preCheck: async () => {
          throw new Error('no such table')
        },
      },
      fine('off'),
      fine('last'),
    ])
    await scheduler?.runBackgroundJobs(MIDNIGHT)
    expect(ran).toEqual(['last'])
    const rows = await store.executions({})
    const of = (name: string) => rows.find(({ job }) => job === name)
    expect(of('fails')).toMatchObject({ status: 'FAILURE', error: { message: 'no' } })
    expect(of('done')).toMatchObject({ status: 'SKIPPED', skipReason: 'pre-check: Already completed for this period' })
    expect(of('off')).toMatchObject({ status: 'SKIPPED', skipReason: expect.stringContaining('OFF_ENABLED=false') })
    expect(of('broken-check')).toBeUndefined()
    expect(of('sync-tick')).toMatchObject({ status: 'FAILURE', error: { message: 'failed: fails, broken-check' } })
  })

  it("keeps what a job writes with console with that job's execution", async () => {
    const { scheduler, store } = await register([{ name: 'users', run: () => console.log('42 users') }], {
      level: 'info',
    })
    await scheduler?.runBackgroundJobs(MIDNIGHT)
    const [execution] = await store.executions({ jobs: ['users'] })
    expect(await store.logLines(execution?.id ?? '')).toMatchObject([{ message: '42 users' }])
  })

  it('ends a job of the list that is cancelled, and goes on with the next', async () => {
    let started = (): void => {}
    const isRunning = new Promise<void>((resolve) => {
      started = resolve
    })
    const ran: string[] = []
    const { scheduler, store } = await register([
      {
        name: 'slow',
        run: async ({ signal }) => {
          started()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
      },
      { name: 'next', run: () => void ran.push('next') },
    ])
    const tick = scheduler?.runBackgroundJobs(MIDNIGHT)
    await isRunning
    const [slow] = await store.executions({ jobs: ['slow'] })
    expect(await store.cancel(slow?.id ?? '', Date.now())).toBe('requested')
    await tick

    expect(ran).toEqual(['next'])
    expect(await store.execution(slow?.id ?? '')).toMatchObject({ status: 'CANCELLED' })
  })

  it('rejects for what can not begin, and may be called again', async () => {
    await expect(register([], { schedule: 'nonsense' })).rejects.toMatchObject({ code: 'JOBS_IN_CODE' })
    const twins = [1, 2].map(() => ({ name: 'a', run: () => {} }))
    await expect(register(twins)).rejects.toThrow('two of the jobs are called "a"')
    expect((await register([{ name: 'a', run: () => {} }])).scheduler).not.toBeNull()
  })
})
