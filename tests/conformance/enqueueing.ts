import { expect, it } from 'vitest'
import type { EnqueueRequest } from '../../runtime/store/enqueue-request.ts'
import { failure, fireOf, minute, type Node, rowsOf, second, statusOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute

export function requestOf(node: Node, job: string, overrides: Partial<EnqueueRequest> = {}): EnqueueRequest {
  return {
    now: node.now,
    job,
    tenant: '',
    args: [],
    availableAt: node.now,
    priority: 0,
    maxAttempts: 1,
    recoverLimit: 0,
    lock: 'exclusive',
    skipsIfBusy: false,
    staleBefore: node.now - node.staleAfter,
    ...overrides,
  }
}

export function enqueueRules(stage: () => Stage): void {
  const enqueue = (node: Node, job: string, overrides: Partial<EnqueueRequest> = {}) =>
    node.store.enqueue([requestOf(node, job, overrides)])

  it('what was enqueued is queued, and any node takes it', async () => {
    const { one, two } = stage()
    const [handle] = await enqueue(one.at(at), 'a', { args: ['x', { y: 1 }], priority: 5, maxAttempts: 3 })
    expect(handle).toEqual({ id: expect.any(String), enqueued: true })
    const { taken } = await two.at(at).dequeue()
    expect(taken).toMatchObject([
      { id: handle?.id, trigger: 'enqueue', args: ['x', { y: 1 }], priority: 5, maxAttempts: 3, scheduledFor: at },
    ])
    expect(taken[0]?.overrides).toBeUndefined()
  })

  it('carries a policy of its own for as long as it is open', async () => {
    const { one, two } = stage()
    const retry = { attempts: 4, delay: 5, backoff: 'fixed', maxDelay: 10 } as const
    await enqueue(one.at(at), 'a', { overrides: { retry, timeout: 1000 } })
    const { taken } = await two.at(at).dequeue()
    expect(taken).toMatchObject([{ overrides: { retry, timeout: 1000 } }])
    expect((await rowsOf(one.store, 'a'))[0]?.overrides).toEqual({ retry, timeout: 1000 })
    await two.end(taken[0] ?? { id: '', attempt: 0 })
    expect((await rowsOf(one.store, 'a'))[0]?.overrides).toBeUndefined()
  })

  it('is not taken before its time, and by priority then', async () => {
    const { one, two } = stage()
    await enqueue(one.at(at), 'late', { availableAt: at + 10 * second, priority: 1 })
    await enqueue(one, 'now')
    expect(await two.at(at).taken()).toEqual(['now 60'])
    expect(await two.at(at + 9 * second).taken()).toEqual([])
    expect(await two.store.nextAvailableAt()).toBe(at + 10 * second)
    expect(await two.at(at + 10 * second).taken()).toEqual(['late 70'])
  })

  it('waits for the lock, however long the line, and is never dropped because another one runs', async () => {
    const { one, two } = stage()
    const running = await one.at(at).run('a', at)
    for (let n = 0; n < 3; n++) await enqueue(two.at(at + n), 'a', { args: [n] })
    expect(await two.at(at + second).taken()).toEqual([])
    let holder: { id: string; attempt: number } = running
    const order: unknown[] = []
    for (let n = 0; n < 3; n++) {
      await one.at(at + second).end(holder)
      const { taken } = await one.dequeue()
      expect(taken).toHaveLength(1)
      holder = taken[0] ?? holder
      order.push(taken[0]?.args[0])
    }
    expect(order).toEqual([0, 1, 2])
  })

  it.each(['queue', 'cancel'] as const)(
    'a fire with overlap %s takes no place of what was enqueued',
    async (overlap) => {
      const { one, two } = stage()
      await one.at(at).run('a', at)
      const [waiting] = await enqueue(one, 'a')
      const [other] = await enqueue(one, 'b')
      const { taken } = await one.dequeue()
      expect(taken).toMatchObject([{ job: 'b' }])
      await two.at(at + minute).heartbeat()
      await one.at(at + minute).heartbeat()
      await two.claim([fireOf('a', at + minute, { overlap }), fireOf('b', at + minute, { overlap })])
      expect(await statusOf(one.store, waiting?.id ?? '')).toBe('QUEUED')
      expect(await one.store.execution(other?.id ?? '')).toMatchObject({ status: 'RUNNING', cancelRequestedAt: null })
    },
  )

  it('runs beside others where it passes the lock by', async () => {
    const { one, two } = stage()
    await one.at(at).run('a', at)
    await enqueue(one, 'a', { lock: 'bypass' })
    await enqueue(one, 'a', { lock: 'bypass' })
    expect(await two.at(at).taken()).toEqual(['a 60', 'a 60'])
  })

  it('nothing is enqueued where that was asked for and another one runs, or is about to', async () => {
    const { one, two } = stage()
    const skip = { skipsIfBusy: true }
    const [first, second_] = await one.at(at).store.enqueue([requestOf(one, 'a', skip), requestOf(one, 'a', skip)])
    expect(first?.enqueued).toBe(true)
    expect(second_).toEqual({ id: first?.id, enqueued: false })
    expect(await enqueue(two.at(at), 'a', skip)).toEqual([{ id: first?.id, enqueued: false }])
    const { taken } = await two.dequeue()
    expect(await enqueue(one, 'a', skip)).toEqual([{ id: first?.id, enqueued: false }])
    expect(await enqueue(one, 'a', { ...skip, tenant: 't' })).toMatchObject([{ enqueued: true }])
    await two.end(taken[0] ?? { id: '', attempt: 0 })
    expect(await enqueue(one, 'a', skip)).toMatchObject([{ enqueued: true }])
  })

  it('is retried, cancelled and recovered like any other', async () => {
    const { one, two } = stage()
    await one.store.enqueue(
      ['a', 'b', 'c'].map((job) => requestOf(one.at(at), job, { maxAttempts: 2, recoverLimit: 1 })),
    )
    const { taken } = await one.dequeue()
    const [a, b, c] = ['a', 'b', 'c'].map((job) => taken.find((each) => each.job === job))
    await one.end(a ?? { id: '', attempt: 0 }, { kind: 'retry', error: failure, availableAt: at + second })
    expect(await one.store.cancel(b?.id ?? '', at)).toBe('requested')
    const later = at + minute
    const { requeued } = await two.at(later).recover()
    expect(requeued.map(({ id }) => id)).toEqual([c?.id])
    expect((await two.taken()).sort()).toEqual(['a 60', 'c 60'])
    expect(await statusOf(one.store, b?.id ?? '')).toBe('CANCELLED')
  })

  it('what a job returned is kept with its execution, and goes with it', async () => {
    const { one, two } = stage()
    const jobs = ['a', 'b', 'c', 'd']
    await one.at(at).store.enqueue(jobs.map((job) => requestOf(one, job)))
    const { taken } = await one.dequeue()
    const texts = ['{"x":"é\\u0000\'"}', undefined, '!{"code":"RESULT_TOO_LARGE"}', '""']
    const ends = taken.map((each, n) => {
      const result = texts[n]
      return one.end(each, result === undefined ? { kind: 'success' } : { kind: 'success', result })
    })
    expect(await Promise.all(ends)).toEqual([true, true, true, true])
    const kept = await Promise.all(taken.map(({ id }) => two.store.resultText(id)))
    expect(kept).toEqual(texts.map((text) => text ?? null))
    expect(await two.at(at).end(taken[1] ?? { id: '', attempt: 0 }, { kind: 'success', result: '1' })).toBe(false)
    expect(await two.store.resultText(taken[1]?.id ?? '')).toBeNull()
    expect(await two.store.resultText('no such id')).toBeNull()
    await one.store.prune({ finishedBefore: at + minute, maxPerJob: 100, batch: 100 })
    expect(await two.store.resultText(taken[0]?.id ?? '')).toBeNull()
  })

  it('thousands are enqueued at once, in their order', async () => {
    const { one, two } = stage()
    const requests = Array.from({ length: 2500 }, (_, n) => requestOf(one.at(at), 'a', { args: [n], lock: 'bypass' }))
    const handles = await one.store.enqueue(requests)
    expect(new Set(handles.map(({ id }) => id)).size).toBe(2500)
    expect((await two.at(at).dequeue(3)).taken.map(({ args }) => args[0])).toEqual([0, 1, 2])
    expect(await one.store.enqueue([])).toEqual([])
  })
}
