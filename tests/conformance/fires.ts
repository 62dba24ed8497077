import { describe, expect, it } from 'vitest'
import type { Execution } from '../../runtime/store/execution.ts'
import { day, fireOf, minute, rowsOf, second, statusOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute
const all = { finishedBefore: T0 + 30 * day, maxPerJob: 0, batch: 100 }

export function fireRules(stage: () => Stage): void {
  const childOf = (parent: Execution, tenant: string) =>
    fireOf(parent.job, parent.scheduledFor, { tenant, parentId: parent.id })

  it('a fire that no watermark covers stays claimed when its execution has ended', async () => {
    const { one, two } = stage()
    await one.end(await one.at(at).run('a', at))
    expect(await two.at(at).outcomes([fireOf('a', at)])).toEqual(['a: already-claimed'])
    expect(await rowsOf(one.store, 'a')).toHaveLength(1)
  })

  it('a fire that the loop has claimed is claimed for everybody, before and after it ended', async () => {
    const { one, two } = stage()
    await one.schedule('a')
    const watermarks = [{ key: 'a-key', to: at }]
    const [claimed] = await one.at(at).claim([fireOf('a', at)], { watermarks })
    const backfill = { scheduleKey: 'a-key', scheduledFor: at, lock: 'bypass' } as const
    expect(await two.at(at).outcomes([fireOf('a', at)])).toEqual(['a: already-claimed'])
    expect(await two.begin('a', backfill)).toMatchObject({ acquired: false, cause: 'already-claimed' })
    if (claimed?.outcome === 'running') await one.end(claimed.execution)
    expect(await two.outcomes([fireOf('a', at)])).toEqual(['a: already-claimed'])
    expect(await two.begin('a', backfill)).toMatchObject({ acquired: false, cause: 'already-claimed' })
  })

  describe('of a job with many tenants', () => {
    it('a child that was claimed, ended and looked at by pruning is not claimed again while its parent is open', async () => {
      const { one, two } = stage()
      const parent = await one.at(at).run('a', at)
      const [child] = await two.at(at).claim([childOf(parent, 't1')])
      if (child?.outcome !== 'running') throw new Error('the child does not run')
      await two.end(child.execution)
      expect(await one.store.prune(all)).toBe(0)
      expect(await two.outcomes([childOf(parent, 't1')])).toEqual(['a: already-claimed'])
      expect(await statusOf(one.store, child.execution.id)).toBe('SUCCESS')
    })

    it('children do not count towards what is kept of a job, and go with their parent', async () => {
      const { one } = stage()
      const parents: Execution[] = []
      for (const n of [1, 2, 3]) {
        const parent = await one.at(T0 + n * minute).run('a', T0 + n * minute)
        parents.push(parent)
        const fires = ['t1', 't2', 't3'].map((tenant) => childOf(parent, tenant))
        for (const child of await one.claim(fires)) if (child.outcome === 'running') await one.end(child.execution)
        await one.end(parent)
      }
      const request = { finishedBefore: 0, maxPerJob: 2, batch: 100 }
      let pruned = 0
      for (let more = 1; more > 0; pruned += more) more = await one.store.prune(request)
      expect(pruned).toBe(4)
      const left = await rowsOf(one.store, 'a')
      expect(left.filter(({ tenant }) => tenant === '').map(({ id }) => id)).toEqual(
        parents.slice(1).map(({ id }) => id),
      )
      expect(left).toHaveLength(8)
    })

    it('what is called from a job that still runs is kept, whatever its age', async () => {
      const { one } = stage()
      const parent = await one.at(at).run('a', at)
      const called = await one.begin('b', { parentId: parent.id, trigger: 'code' })
      if (!called.acquired) throw new Error(called.reason)
      await one.end(called.execution)
      expect(await one.store.prune(all)).toBe(0)
      await one.end(parent)
      expect(await one.store.prune(all)).toBe(2)
    })

    it('a fire that ran ahead of its instant stays claimed until that instant is as old as what is pruned', async () => {
      const { one, two } = stage()
      const ahead = T0 + 60 * day
      const [claimed] = await one.at(at).claim([{ ...fireOf('a', ahead), availableAt: at }])
      if (claimed?.outcome !== 'running') throw new Error('the fire does not run')
      await one.end(claimed.execution)
      expect(await one.store.prune({ ...all, maxPerJob: 100 })).toBe(0)
      expect(await two.at(ahead).outcomes([fireOf('a', ahead)])).toEqual(['a: already-claimed'])
      expect(await one.store.prune({ ...all, finishedBefore: ahead + 1, maxPerJob: 100 })).toBe(1)
    })

    it('the claim of a fire goes with its history', async () => {
      const { one, two } = stage()
      await one.end(await one.at(at).run('a', at))
      expect(await one.store.prune(all)).toBe(1)
      expect(await two.at(at).outcomes([fireOf('a', at)])).toEqual(['a: running'])
    })
  })

  describe('that wait behind each other', () => {
    it('each gets its turn, whoever ends the one before it and how', async () => {
      const { one, two } = stage()
      const running = await one.at(at).run('a', at)
      const fires = [1, 2, 3, 4].map((n) => fireOf('a', at + n * second, { overlap: 'queue' }))
      await two.at(at + 5 * second).claim(fires, { slots: 0 })
      expect(await two.taken()).toEqual([])
      await one.end(running)
      expect(await two.taken()).toEqual(['a 61'])
      const [, second_, third] = await rowsOf(one.store, 'a')
      if (second_) await two.end(second_)
      if (third) expect(await one.store.cancel(third.id, at + 5 * second)).toBe('cancelled')
      expect(await one.at(at + 5 * second).taken()).toEqual(['a 63'])
      const fourth = (await rowsOf(one.store, 'a')).find(({ status }) => status === 'RUNNING')
      if (fourth) await one.end(fourth)
      expect(await one.taken()).toEqual(['a 64'])
    })

    it('a retry that waits for its delay lets the next one by', async () => {
      const { one, two } = stage()
      const running = await one.at(at).run('a', at, { maxAttempts: 2 })
      await two.at(at + second).claim([fireOf('a', at + second, { overlap: 'queue' })], { slots: 0 })
      const error = { code: 'ERROR', message: 'it broke', stack: null }
      await one.end(running, { kind: 'retry', error, availableAt: at + minute })
      expect(await two.taken()).toEqual(['a 61'])
    })

    it('one whose process died lets the next one by before it is recovered', async () => {
      const { one, two } = stage()
      await one.at(at).run('a', at)
      await two.at(at + second).claim([fireOf('a', at + second, { overlap: 'queue' })], { slots: 0 })
      expect(await two.at(at + 20 * second).taken()).toEqual([])
      expect(await two.at(at + minute).taken()).toEqual(['a 61'])
    })
  })

  it('a fire of a queue that its node does not serve is queued for another one, however many slots are free', async () => {
    const { one, two } = stage()
    const fires = [fireOf('a', at, { queue: 'reports' }), fireOf('b', at)]
    const tick = { node: one.id, now: at, slots: 5, staleBefore: at - minute, watermarks: [], fires }
    const outcomes = await one.store.claim({ ...tick, queues: ['default'] })
    expect(outcomes.map(({ fire, outcome }) => `${fire.job} ${outcome}`).sort()).toEqual(['a queued', 'b running'])
    expect((await two.at(at).store.executions({ jobs: ['a'] })).map(({ queue, status }) => [queue, status])).toEqual([
      ['reports', 'QUEUED'],
    ])
    const none = [fireOf('c', at), fireOf('d', at, { overlap: 'allow' })]
    const queued = await one.store.claim({ ...tick, fires: none, queues: [] })
    expect(queued.map(({ outcome }) => outcome)).toEqual(['queued', 'queued'])
  })

  it('an execution keeps its queue when it has ended', async () => {
    const { one } = stage()
    const { id } = await one.at(at).run('a', at, { queue: 'reports' })
    await one.store.complete({ id, owner: one.id, attempt: 1, at: at + 1, outcome: { kind: 'success' } })
    expect(await one.store.execution(id)).toMatchObject({ queue: 'reports', status: 'SUCCESS' })
  })

  it('a queue is served by those who know it, and a job by those who know the job', async () => {
    const { one, two } = stage()
    const fires = [
      fireOf('a', at, { queue: 'reports', priority: 9 }),
      fireOf('b', at),
      fireOf('c', at, { overlap: 'allow' }),
    ]
    await one.at(at).claim(fires, { slots: 0 })
    const request = { node: two.id, now: at, limit: 5, staleBefore: at - minute }
    const jobsOf = async (own: { queues?: string[]; jobs?: string[] }) =>
      (await two.store.dequeue({ ...request, ...own })).taken.map(({ job }) => job)
    expect(await jobsOf({ queues: ['mails'] })).toEqual([])
    expect(await jobsOf({ jobs: ['x', 'c'] })).toEqual(['c'])
    expect(await jobsOf({ queues: ['default'], jobs: ['a', 'b'] })).toEqual(['b'])
    expect(await jobsOf({ queues: ['default', 'reports'] })).toEqual(['a'])
  })
}
