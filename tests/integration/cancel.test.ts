import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Execution } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { ChaosScheduler } from '../support/chaos-scheduler.ts'
import { type BuiltWorkspace, layOutWorkspace } from '../support/chaos-workspace.ts'

const MODULES: Readonly<Record<string, string>> = {
  outer: `export async function run(ctx) { await ctx.runBackgroundJob('inner').catch(() => {}) }`,
  inner: `export const run = ({ signal }) => new Promise((resolve, reject) => {
    setTimeout(resolve, 8000)
    signal.addEventListener('abort', () => reject(signal.reason))
  })`,
}

let workspace: BuiltWorkspace | undefined
let scheduler: ChaosScheduler | undefined
let store: Store | undefined
afterEach(async () => {
  if (scheduler?.isAlive) await scheduler.strike('SIGKILL')
  await store?.close()
  await workspace?.remove()
})

describe('given a scheduler that watches, and a job that runs another one from code', () => {
  it('ends that one within two seconds when another process cancels it', async () => {
    // given
    workspace = await layOutWorkspace({
      jobs: [{ name: 'outer', schedule: 'rate(1 hour)' }, { name: 'inner' }],
      module: (name) => MODULES[name] ?? '',
    })
    const url = `file:${join(workspace.root, 'jobs.sqlite')}`
    const opened = await openStore(url)
    store = opened
    scheduler = new ChaosScheduler(workspace.scheduler, { JOBS_STORE_URL: url })
    const one = async (job: string): Promise<Execution | undefined> => (await opened.executions({ jobs: [job] }))[0]
    const running = await vi.waitFor(
      async () => {
        const execution = await one('inner')
        expect(execution?.status).toBe('RUNNING')
        return execution
      },
      { timeout: 20_000 },
    )

    // when
    expect(await opened.cancel(running?.id ?? '', Date.now())).toBe('requested')

    // then
    await vi.waitFor(async () => expect((await one('inner'))?.status).toBe('CANCELLED'), { timeout: 5000 })
    const { startedAt, finishedAt } = (await one('inner')) ?? {}
    expect((finishedAt ?? 0) - (startedAt ?? 0)).toBeLessThan(6000)
    await vi.waitFor(async () => expect((await one('outer'))?.status).toBe('SUCCESS'), { timeout: 5000 })
    expect(await scheduler.strike('SIGTERM')).toBe(0)
  })
})
