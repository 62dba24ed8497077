import { expect, it } from 'vitest'
import { failure, fireOf, minute, rowsOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute
const dependent = fireOf('b', at, { after: ['a'], priority: 10 })

export function afterRules(stage: () => Stage): void {
  it('a job waits for the one it names, though it comes first by priority, and holds no slot meanwhile', async () => {
    const { one, two } = stage()
    const claimed = await one.at(at).claim([dependent, fireOf('a', at), fireOf('c', at)], { slots: 2 })
    expect(claimed.map(({ fire, outcome }) => `${fire.job}: ${outcome}`)).toEqual([
      'b: queued',
      'a: running',
      'c: running',
    ])
    expect(await two.at(at).taken()).toEqual([])
    const [a] = await rowsOf(one.store, 'a')
    if (a) await one.end(a)
    expect(await two.taken()).toEqual(['b 60'])
  })

  it('also waits when the fires are claimed one after the other, by other processes', async () => {
    const { one, two } = stage()
    const a = await one.at(at).run('a', at)
    expect(await two.at(at).outcomes([dependent])).toEqual(['b: queued'])
    await one.end(a)
    expect(await two.taken()).toEqual(['b 60'])
  })

  it('is skipped with the reason where the other failed', async () => {
    const { one } = stage()
    const a = await one.at(at).run('a', at)
    await one.claim([dependent])
    await one.end(a, { kind: 'failure', error: failure })
    const { taken, skipped } = await one.dequeue()
    expect(taken).toEqual([])
    expect(skipped).toMatchObject([
      { job: 'b', status: 'SKIPPED', skipReason: 'after: the fire of a at the same instant ended as FAILURE' },
    ])
    expect(await rowsOf(one.store, 'b')).toMatchObject([{ status: 'SKIPPED', skipCount: 1 }])
  })

  it('is skipped where the other is skipped in the same tick, and so is what depends on it in turn', async () => {
    const { one } = stage()
    const fires = [
      fireOf('c', at, { after: ['b'] }),
      dependent,
      fireOf('a', at, { skip: { cause: 'disabled', reason: 'disabled' } }),
    ]
    const claimed = await one.at(at).claim(fires)
    expect(claimed.map(({ fire, outcome }) => `${fire.job}: ${outcome}`).sort()).toEqual([
      'a: skipped',
      'b: skipped',
      'c: skipped',
    ])
  })

  it('is skipped where the other was skipped before, in a row shared with other fires', async () => {
    const { one } = stage()
    const skip = { cause: 'disabled', reason: 'disabled' } as const
    await one.at(at).claim([fireOf('a', T0, { skip }), fireOf('a', at, { skip })])
    const [claimed] = await one.claim([dependent])
    expect(claimed).toMatchObject({ outcome: 'skipped', cause: 'after' })
  })

  it('is skipped where the other was missed, in a row that stands for a range of fires', async () => {
    const { one, two } = stage()
    const skip = { cause: 'missed', reason: 'missed' } as const
    const range = fireOf('a', at + 5 * minute, { skip, count: 6, from: at })
    const dependents = [0, 3, 5, 6].map((n) => fireOf('b', at + n * minute, { after: ['a'], overlap: 'allow' }))
    const sameTick = await one.at(at + 9 * minute).outcomes([...dependents.slice(0, 2), range])
    expect(sameTick.sort()).toEqual(['a: skipped', 'b: skipped', 'b: skipped'])
    expect(await two.at(at + 9 * minute).outcomes(dependents.slice(2))).toEqual(['b: skipped', 'b: running'])
    await one.end(await one.run('a', at + 9 * minute))
    const [late] = await two.claim([fireOf('c', at + 2 * minute, { after: ['a'] })])
    expect(late).toMatchObject({ outcome: 'skipped', cause: 'after' })
  })

  it('does not wait where the other succeeded, or has no fire at that instant', async () => {
    const { one } = stage()
    expect(await one.at(at).outcomes([dependent])).toEqual(['b: running'])
    const later = at + minute
    await one.at(later).end(await one.run('a', later))
    const [b] = await rowsOf(one.store, 'b')
    if (b) await one.end(b)
    expect(await one.outcomes([fireOf('b', later, { after: ['a'] })])).toEqual(['b: running'])
  })

  it('all that it names must have succeeded', async () => {
    const { one } = stage()
    const fires = [fireOf('a', at), fireOf('c', at), fireOf('b', at, { after: ['a', 'c'] })]
    await one.at(at).claim(fires)
    const [a] = await rowsOf(one.store, 'a')
    const [c] = await rowsOf(one.store, 'c')
    if (a) await one.end(a)
    expect(await one.taken()).toEqual([])
    if (c) await one.end(c)
    expect(await one.taken()).toEqual(['b 60'])
  })

  it('does not wait for a run of the other by hand', async () => {
    const { one } = stage()
    await one.at(at).begin('a', { scheduledFor: at })
    expect(await one.outcomes([dependent])).toEqual(['b: running'])
  })

  it('a circle among fires of one tick leaves them waiting, not the store hanging', async () => {
    const { one } = stage()
    const fires = [fireOf('a', at, { after: ['b'] }), fireOf('b', at, { after: ['a'] })]
    const outcomes = await one.at(at).outcomes(fires)
    expect(outcomes.filter((outcome) => outcome.endsWith('queued')).length).toBeGreaterThan(0)
  })
}
