import { expect, it } from 'vitest'
import { fireOf, hour, minute, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + hour

/** Pauses of queues and of all jobs, with an end, and with a drain. */
export function pausingRules(stage: () => Stage): void {
  it('a queue and all jobs are paused beside single jobs, each on its own', async () => {
    const { one, two } = stage()
    await one.store.pause({ queue: 'reports' }, 'ann', 'too slow', T0)
    const fires = [fireOf('a', at, { queue: 'reports' }), fireOf('b', at)]
    expect(await one.at(at).outcomes(fires)).toEqual(['a: skipped', 'b: running'])
    expect((await two.store.executions({ jobs: ['a'] }))[0]?.skipReason).toBe(
      'paused: the queue reports, by ann, because: too slow',
    )
    await two.store.pause({ all: true }, 'bob', null, at)
    await two.store.resume({ queue: 'reports' }, at)
    const later = [fireOf('a', at + minute, { queue: 'reports' }), fireOf('c', at + minute)]
    expect(await one.at(at + minute).outcomes(later)).toEqual(['a: skipped', 'c: skipped'])
    expect(await one.store.pauses()).toMatchObject([{ scope: 'all', job: '', by: 'bob' }])
    await one.store.resume({ all: true }, at + 2 * minute)
    expect(await one.at(at + 2 * minute).outcomes([fireOf('c', at + 2 * minute)])).toEqual(['c: running'])
  })

  it('a pause with an end is over by the clock, and what was due before is not caught up', async () => {
    const { one, two } = stage()
    await one.store.pause('a', 'ann', null, T0, { until: at })
    expect(await two.store.pauses(at - 1)).toMatchObject([{ job: 'a', until: at }])
    expect(await two.store.pauses(at)).toEqual([])
    expect(await one.at(at - 1).outcomes([fireOf('a', at - 1)])).toEqual(['a: skipped'])
    const fires = [fireOf('a', at - 5, { scheduleKey: 'late' }), fireOf('a', at)]
    expect(await two.at(at).outcomes(fires)).toEqual(['a: skipped', 'a: running'])
  })

  it('a drain lets nothing start that is queued, and what runs finish', async () => {
    const { one, two } = stage()
    const queued = [fireOf('a', at, { queue: 'reports' }), fireOf('b', at), fireOf('c', at, { overlap: 'allow' })]
    const { id } = await one.at(at).run('r', at)
    await one.claim(queued, { slots: 0 })
    await two.store.pause({ all: true }, 'ann', null, at, { drain: true })
    const request = { node: two.id, now: at, limit: 5, staleBefore: at - minute, jobs: ['a', 'b', 'c'] }
    expect((await two.store.dequeue(request)).taken).toEqual([])
    expect(await one.store.complete({ id, owner: one.id, attempt: 1, at: at + 1, outcome: { kind: 'success' } })).toBe(
      true,
    )

    // One scope after the other is let go.
    const jobsOf = async (now = at) => (await two.store.dequeue({ ...request, now })).taken.map(({ job }) => job)
    await two.store.pause('b', 'ann', null, at, { drain: true, until: at + minute })
    await two.store.pause({ queue: 'reports' }, 'ann', null, at, { drain: true })
    await two.store.resume({ all: true }, at)
    expect(await jobsOf()).toEqual(['c'])
    expect(await jobsOf(at + minute - 1)).toEqual([])
    expect(await jobsOf(at + minute)).toEqual(['b'])
    await two.store.resume({ queue: 'reports' }, at + minute)
    expect(await jobsOf(at + minute)).toEqual(['a'])
  })

  it('a drained job keeps none of the others from starting, however many of it wait', async () => {
    const { one, two } = stage()
    const many = Array.from({ length: 60 }, (_, place) => fireOf('a', at + place, { overlap: 'allow', priority: 9 }))
    await one.at(at + minute).claim([...many, fireOf('b', at)], { slots: 0 })
    await one.store.pause('a', 'ann', null, at, { drain: true })
    const request = { node: two.id, now: at + minute, limit: 1, staleBefore: at - minute }
    expect((await two.store.dequeue(request)).taken.map(({ job }) => job)).toEqual(['b'])
    expect((await two.store.dequeue({ ...request, jobs: ['a', 'b'] })).taken).toEqual([])
  })
}
