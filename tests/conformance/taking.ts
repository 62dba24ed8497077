import { expect, it } from 'vitest'
import { failure, fireOf, minute, rowsOf, second, statusOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute

export function takeRules(stage: () => Stage): void {
  it('takes the best first: by priority, then by instant, and no more than asked for', async () => {
    const { one, two } = stage()
    const fires = [
      fireOf('low', at, { priority: -1 }),
      fireOf('new', at),
      fireOf('old', at - second),
      fireOf('high', at, { priority: 5 }),
    ]
    await one.at(at).claim(fires, { slots: 0 })
    expect(await two.at(at).taken(3)).toEqual(['high 60', 'old 59', 'new 60'])
    expect(await one.taken(3)).toEqual(['low 60'])
    expect(await one.taken(3)).toEqual([])
    expect(await one.dequeue(0)).toEqual({ taken: [], skipped: [] })
  })

  it('what is taken runs and is owned', async () => {
    const { one, two } = stage()
    await one.at(at).claim([fireOf('a', at)], { slots: 0 })
    const { taken } = await two.at(at + second).dequeue()
    expect(taken).toMatchObject([
      { status: 'RUNNING', attempt: 1, owner: 'node-2', startedAt: at + second, heartbeatAt: at + second },
    ])
    expect(taken).toEqual(await rowsOf(one.store, 'a'))
  })

  it('takes at most one of a job and tenant, the earliest, whatever the priorities', async () => {
    const { one, two } = stage()
    const fires = [1, 2, 3].map((n) => fireOf('a', T0 + n * minute, { priority: n }))
    await one.at(T0 + 3 * minute).claim(fires, { slots: 0 })
    expect(await two.at(T0 + 3 * minute).taken()).toEqual(['a 60'])
    expect(await two.taken()).toEqual([])
  })

  it('many that wait for one lock do not keep others from running', async () => {
    const { one } = stage()
    const now = T0 + 200 * minute
    const waiting = Array.from({ length: 150 }, (_, n) => fireOf('a', T0 + n * minute, { priority: 9 }))
    await one.at(now).claim(waiting, { slots: 1 })
    await one.claim([fireOf('b', now)], { slots: 0 })
    expect(await one.taken()).toEqual([`b ${200 * 60}`])
  })

  it('takes all at once what bypasses the lock', async () => {
    const { one } = stage()
    const fires = [1, 2, 3].map((n) => fireOf('a', T0 + n * minute, { overlap: 'allow' }))
    await one.at(T0 + 3 * minute).claim(fires, { slots: 0 })
    expect(await one.taken()).toEqual(['a 60', 'a 120', 'a 180'])
  })

  it('takes one by its id, and only where the lock is free', async () => {
    const { one, two } = stage()
    await one.at(at).claim([fireOf('a', at), fireOf('b', at)], { slots: 0 })
    const [a] = await rowsOf(one.store, 'a')
    if (a === undefined) throw new Error('a has no row')
    expect((await two.at(at).dequeue(5, a.id)).taken).toMatchObject([{ job: 'a' }])
    expect((await two.dequeue(5, a.id)).taken).toEqual([])
    expect((await two.dequeue(5, 'no such id')).taken).toEqual([])
  })

  it('two schedulers never take one execution twice, nor two of one job', async () => {
    const { one, two } = stage()
    const fires = Array.from({ length: 60 }, (_, n) => fireOf(`job-${n % 20}`, T0 + Math.floor(n / 20) * second))
    await one.at(at).claim(fires, { slots: 0 })
    const seen = new Set<string>()
    for (let round = 0; round < 12 && seen.size < 60; round++) {
      const takes = await Promise.all([one, two, one, two].map((node) => node.at(at).dequeue(5)))
      const taken = takes.flatMap((each) => each.taken)
      expect(new Set(taken.map(({ job }) => job)).size).toBe(taken.length)
      for (const { id } of taken) {
        expect(seen.has(id)).toBe(false)
        seen.add(id)
      }
      await Promise.all(taken.map((each) => (each.owner === 'node-1' ? one : two).end(each)))
    }
    expect(seen.size).toBe(60)
  })

  it('a stale execution holds no lock; it gets its turn again when it was recovered', async () => {
    const { one, two } = stage()
    const stale = await one.at(at).run('a', at)
    const later = at + minute
    expect(await two.at(later).outcomes([fireOf('a', later)])).toEqual(['a: running'])
    const { requeued } = await two.recover()
    expect(requeued.map(({ id }) => id)).toEqual([stale.id])
    expect(await two.taken()).toEqual([])
    const running = (await rowsOf(one.store, 'a')).find(({ status }) => status === 'RUNNING')
    if (running) await two.end(running)
    expect(await two.taken()).toEqual(['a 60'])
  })

  it('a cancelled one is not taken', async () => {
    const { one, two } = stage()
    await one.at(at).claim([fireOf('a', at)], { slots: 0 })
    const [a] = await rowsOf(one.store, 'a')
    if (a === undefined) throw new Error('a has no row')
    expect(await two.store.cancel(a.id, at)).toBe('cancelled')
    expect(await two.at(at).taken()).toEqual([])
    expect(await statusOf(one.store, a.id)).toBe('CANCELLED')
  })

  it('a retry is taken when its delay is over, with its attempts counted', async () => {
    const { one, two } = stage()
    const first = await one.at(at).run('a', at, { maxAttempts: 3 })
    await one.end(first, { kind: 'retry', error: failure, availableAt: at + 10 * second })
    expect(await one.at(at + 9 * second).taken()).toEqual([])
    const { taken } = await two.at(at + 10 * second).dequeue()
    expect(taken).toMatchObject([{ id: first.id, attempt: 2, maxAttempts: 3, recoveries: 0 }])
    expect(await two.store.attempts(first.id)).toMatchObject([
      { attempt: 1, owner: 'node-1', finishedAt: at, error: failure },
      { attempt: 2, owner: 'node-2', finishedAt: null, error: null },
    ])
  })
}
