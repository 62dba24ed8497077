import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { chaosJobs, STALE_AFTER, type Stage, setStage } from '../support/chaos-stage.ts'

const JOBS = 8
/** By how much a clock is wrong, in ms: far more than `staleAfter`. */
const SKEW = 20_000

const PRELOAD = join(import.meta.dirname, '../support/skewed-clock.cjs')
const skewed = (by: number) => ({ NODE_OPTIONS: `--require ${PRELOAD}`, CLOCK_SKEW: String(by) })

let stage: Stage
afterEach(async () => {
  await stage.clear()
})

it.each([
  ['of the other one is ahead', 0, SKEW, 'ahead of'],
  ['of the other one is behind', 0, -SKEW, 'behind'],
  ['of the one that runs them is behind', -SKEW, 0, undefined],
  ['of the one that runs them is ahead', SKEW, 0, undefined],
])(
  'given two schedulers on one PostgreSQL, when the clock %s, then what runs is not taken for dead',
  async (_case, owners, others, said) => {
    // given
    const work = { work: 'sleep', least: 9000, most: 9000 } as const
    const rare = { name: 'rare', schedule: '@yearly', work: { work: 'none' } } as const
    stage = await setStage({
      store: 'PostgreSQL',
      jobs: [...chaosJobs(JOBS, () => ({ schedule: '@reboot', work })), rare],
    })
    const owner = stage.start([], skewed(owners))
    await vi.waitFor(async () => expect(await stage.sightings(), stage.said()).toHaveLength(JOBS), { timeout: 15_000 })
    // when
    const other = stage.start(['--no-reboot'], skewed(others))
    await other.ready
    await sleep(STALE_AFTER * 2 + 1000)
    // then
    const store = await openStore(stage.url)
    const running = await store.executions({ statuses: ['RUNNING', 'SUCCESS'] })
    const nodes = await store.nodes()
    await store.close()
    expect(running.map(({ attempt, owner }) => [attempt, owner.split(':')[1]])).toEqual(
      Array(JOBS).fill([1, String(owner.pid)]),
    )
    expect(nodes.map(({ pid, clockOffset }) => [pid, Math.round((clockOffset ?? 0) / 1000) + 0])).toEqual(
      expect.arrayContaining([
        [owner.pid, owners / 1000],
        [other.pid, others / 1000],
      ]),
    )
    if (said !== undefined) expect(other.said).toContain(`20.0 s ${said} the database server's`)
    const codes = await Promise.all([owner, other].map((scheduler) => scheduler.strike('SIGTERM')))
    expect(codes).toEqual([0, 0])
  },
  60_000,
)
