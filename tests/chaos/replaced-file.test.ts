import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { chaosJobs, STALE_AFTER, type Stage, setStage } from '../support/chaos-stage.ts'

const JOBS = 3
const work = { work: 'sleep', least: 4000, most: 4000 } as const

let stage: Stage
afterEach(async () => {
  await stage.clear()
})

it.each([
  ['deleted', 'was deleted', async (path: string) => removeStore(path)],
  [
    'replaced by another store',
    'was replaced',
    async (path: string) => {
      await (await openStore(`file:${path}.new`)).close()
      await removeStore(path)
      await rename(`${path}.new`, path)
    },
  ],
])(
  'given a scheduler whose SQLite file is %s, then it notices within a heartbeat, lets its jobs end, and fails',
  async (_case, said, change) => {
    // given
    const rare = { name: 'rare', schedule: '@yearly', work: { work: 'none' } } as const
    stage = await setStage({
      store: 'SQLite',
      jobs: [...chaosJobs(JOBS, () => ({ schedule: '@reboot', work })), rare],
    })
    const path = join(stage.root, 'jobs.sqlite')
    const scheduler = stage.start()
    await vi.waitFor(async () => expect(await stage.sightings()).toHaveLength(JOBS), { timeout: 15_000 })
    // when
    await change(path)
    const changed = Date.now()
    await vi.waitFor(() => expect(scheduler.said).toContain(said), { timeout: 15_000 })
    // then
    expect(Date.now() - changed).toBeLessThan(STALE_AFTER)
    expect(await scheduler.exited, scheduler.said).toBe(1)
    expect((await stage.sightings()).filter(({ kind }) => kind === 'end')).toHaveLength(JOBS)
    expect(existsSync(path)).toBe(said === 'was replaced')
  },
  60_000,
)

async function removeStore(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
}
