import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { makeWorkspace, ROOT, runNode } from '../support/workspace.ts'

const KEY = Symbol.for('webstir-jobs.next')
const shared = globalThis as {
  [KEY]?: Promise<{ destroy(): Promise<void>; runBackgroundJobs(time: number): Promise<void> }>
}

afterEach(async () => {
  vi.unstubAllEnvs()
  await (await shared[KEY])?.destroy()
  delete shared[KEY]
})

/** As Next.js does: the bundle of instrumentation.ts is loaded, and its register() called and awaited. */
async function callRegister(): Promise<void> {
  vi.resetModules()
  const { register } = await import('../../templates/nextjs/instrumentation.ts')
  await register()
}

describe("register() of Next.js's instrumentation", () => {
  it('starts the scheduler once in the Node runtime, and runs the jobs in their order through their locks', async () => {
    const store = `file:${makeWorkspace().path('jobs.sqlite')}`
    vi.stubEnv('NEXT_RUNTIME', 'nodejs')
    vi.stubEnv('JOBS_STORE_URL', store)
    vi.stubEnv('LOG_LEVEL', 'silent')
    await callRegister()
    const first = await shared[KEY]
    await callRegister()
    expect(await shared[KEY]).toBe(first)
    await first?.runBackgroundJobs(Date.parse('2026-03-01T00:00:00Z') / 1000)
    const reader = await openStore(store)
    const rows = await reader.executions({})
    await reader.close()
    const of = (name: string) => rows.find(({ job }) => job === name)
    expect(rows.map(({ job, status }) => `${job} ${status}`).sort()).toEqual([
      'sync-orders SUCCESS',
      'sync-tick SUCCESS',
      'sync-users SUCCESS',
    ])
    expect(of('sync-users')?.finishedAt).toBeLessThanOrEqual(of('sync-orders')?.startedAt ?? 0)
  })

  it('reports a variable that is to disable a job and is neither true nor false, and runs that job not', async () => {
    const script = `
      import { registerJobs } from ${JSON.stringify(pathToFileURL(join(ROOT, 'dist/runtime/next.js')).href)}
      const run = () => console.log('it ran')
      const scheduler = await registerJobs({ jobs: [{ name: 'sync-users', run }], store: 'memory:' })
      await scheduler.runBackgroundJobs(Date.parse('2026-03-01T00:00:00Z') / 1000)
      await scheduler.destroy()`
    const env = { SYNC_USERS_ENABLED: 'maybe' }
    const { stdout } = await runNode(['--input-type=module', '--eval', script], { env })
    const [first = ''] = stdout.split('\n')
    expect(JSON.parse(first)).toMatchObject({
      level: 'error',
      job: 'sync-users',
      msg: expect.stringContaining('SYNC_USERS_ENABLED is "maybe", which is neither true nor false'),
    })
    expect(stdout).toContain('[sync-users] not run: ')
    expect(stdout).not.toContain('it ran')
  })

  it.each([
    ['the edge runtime', 'edge', ''],
    ['next build', 'nodejs', 'phase-production-build'],
  ])('does nothing in %s', async (_, runtime, phase) => {
    vi.stubEnv('NEXT_RUNTIME', runtime)
    vi.stubEnv('NEXT_PHASE', phase)
    await callRegister()
    expect(shared[KEY]).toBeUndefined()
  })
})
