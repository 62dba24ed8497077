import { afterEach, describe, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { makeWorkspace } from '../support/workspace.ts'

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
