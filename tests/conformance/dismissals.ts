import { expect, it } from 'vitest'
import { failure, hour, minute, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + hour

/** Failures that are to be dealt with, and those that were. */
export function dismissalRules(stage: () => Stage): void {
  it('what failed is to be dealt with until it is dismissed; history stays as it is', async () => {
    const { one, two } = stage()
    const failed = await one.at(at).run('a', at)
    const good = await one.run('b', at)
    const other = await one.run('c', at)
    const end = { owner: one.id, attempt: 1, at: at + 5 }
    await one.store.complete({ ...end, id: failed.id, outcome: { kind: 'failure', error: failure } })
    await one.store.complete({ ...end, id: other.id, outcome: { kind: 'failure', error: failure } })
    await one.store.complete({ ...end, id: good.id, outcome: { kind: 'success' } })
    const unresolved = async () => (await two.store.executions({ unresolved: true })).map(({ job }) => job).sort()
    expect(await unresolved()).toEqual(['a', 'c'])
    const before = await two.store.execution(failed.id)

    expect(await one.store.dismiss([failed.id, good.id, 'no id'], 'ann', 'known', at + minute)).toEqual([failed.id])
    expect(await two.store.dismiss([failed.id], 'bob', null, at + minute)).toEqual([])
    expect(await unresolved()).toEqual(['c'])
    expect(await two.store.execution(failed.id)).toEqual(before)
    expect(await two.store.executions({ jobs: ['a'], unresolved: true })).toEqual([])
    expect(await two.store.executions({ jobs: ['c'], unresolved: true, since: at + 1 })).toEqual([])

    // A new failure of the same job is another one.
    const again = await one.at(at + hour).run('a', at + hour)
    await one.store.complete({ ...end, id: again.id, at: at + hour, outcome: { kind: 'failure', error: failure } })
    expect(await unresolved()).toEqual(['a', 'c'])
    expect(await one.store.prune({ finishedBefore: at + minute, maxPerJob: 100, batch: 100 })).toBe(3)
    expect(await unresolved()).toEqual(['a'])
  })

  it('of a run for tenants, those of the tenants that failed; of calls, the outermost', async () => {
    const { one } = stage()
    const parent = await one.at(at).run('many', at)
    const fail = (id: string, code = 'ERROR') => {
      const outcome = { kind: 'failure', error: { ...failure, code } } as const
      return one.store.complete({ id, owner: one.id, attempt: 1, at: at + 5, outcome })
    }
    const tenant = await one.run('many', at, { tenant: 'acme', parentId: parent.id })
    const called = await one.run('helper', at, { parentId: tenant.id })
    await fail(called.id)
    await fail(tenant.id)
    await fail(parent.id, 'TENANTS_FAILED')
    expect((await one.store.executions({ unresolved: true })).map(({ id }) => id)).toEqual([tenant.id])
  })
}
