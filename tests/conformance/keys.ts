import { expect, it } from 'vitest'
import type { EnqueueRequest, KeyRequest } from '../../runtime/store/enqueue-request.ts'
import { requestOf } from './enqueueing.ts'
import { failure, minute, type Node, second, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute
const KEY: KeyRequest = { key: 'k', onConflict: 'keep', freesAtStart: false, keepFor: 0, maxWait: null }

async function enqueue(node: Node, key: Partial<KeyRequest> = {}, overrides: Partial<EnqueueRequest> = {}) {
  const [handle] = await node.store.enqueue([requestOf(node, 'a', { key: { ...KEY, ...key }, ...overrides })])
  if (handle === undefined) throw new Error('nothing stands for the request')
  return handle
}

async function take(node: Node) {
  const { taken } = await node.dequeue()
  const [first] = taken
  if (first === undefined) throw new Error('nothing could be taken')
  return first
}

export function keyRules(stage: () => Stage): void {
  it('a key is held from the call to the end of the execution, retries included', async () => {
    const { one, two } = stage()
    const first = await enqueue(one.at(at), {}, { maxAttempts: 2 })
    const kept = { id: first.id, enqueued: false }
    expect(await enqueue(two.at(at))).toEqual(kept)
    await one.end(await take(one), { kind: 'retry', error: failure, availableAt: at })
    expect(await enqueue(two)).toEqual(kept)
    const again = await take(one)
    expect(again).toMatchObject({ id: first.id, key: 'k' })
    expect(await enqueue(two)).toEqual(kept)
    await one.end(again)
    const next = await enqueue(two)
    expect(next).toEqual({ id: expect.any(String), enqueued: true })
    expect(next.id).not.toBe(first.id)
  })

  it.each([
    { kind: 'failure', error: failure },
    { kind: 'cancelled', error: failure },
    { kind: 'skipped', reason: 'nothing to do' },
  ] as const)('a key is free after the outcome $kind', async (outcome) => {
    const { one, two } = stage()
    await enqueue(one.at(at))
    await one.end(await take(one), outcome)
    expect(await enqueue(two.at(at))).toMatchObject({ enqueued: true })
  })

  it('a key is free when its execution was cancelled in the queue, or its process died too often', async () => {
    const { one, two } = stage()
    const first = await enqueue(one.at(at))
    await one.store.cancel(first.id, at)
    const second_ = await enqueue(two.at(at))
    expect(second_.enqueued).toBe(true)
    await take(one)
    await two.at(at + minute).recover()
    expect(await enqueue(two)).toMatchObject({ enqueued: true })
  })

  it('keys of other jobs, tenants and texts are others', async () => {
    const { one } = stage()
    await enqueue(one.at(at))
    expect(await enqueue(one, { key: 'K' })).toMatchObject({ enqueued: true })
    expect(await enqueue(one, {}, { tenant: 't' })).toMatchObject({ enqueued: true })
    expect(await enqueue(one, {}, { job: 'b' })).toMatchObject({ enqueued: true })
  })

  it('a key that is freed at the start is free while its execution runs', async () => {
    const { one, two } = stage()
    const first = await enqueue(one.at(at), { freesAtStart: true })
    const running = await take(one)
    const next = await enqueue(two.at(at), { freesAtStart: true })
    expect(next).toMatchObject({ enqueued: true })
    // The end of the first one is no concern of the second one's key.
    await one.end(running)
    expect(await enqueue(two, { freesAtStart: true })).toEqual({ id: next.id, enqueued: false })
    expect(running.id).toBe(first.id)
  })

  it.each([true, false])('a window holds it for so long after that (freed at the start: %s)', async (freesAtStart) => {
    const { one, two } = stage()
    const key = { freesAtStart, keepFor: 10 * second }
    const first = await enqueue(one.at(at), key)
    const running = await take(one)
    if (!freesAtStart) await one.at(at + 5 * second).end(running)
    const from = freesAtStart ? at : at + 5 * second
    expect(await enqueue(two.at(from + 9 * second), key)).toEqual({ id: first.id, enqueued: false })
    expect(await enqueue(two.at(from + 10 * second), key)).toMatchObject({ enqueued: true })
  })

  it('no pruning of history frees a key early', async () => {
    const { one, two } = stage()
    const first = await enqueue(one.at(at), { keepFor: 60 * minute })
    await one.end(await take(one))
    expect(await one.store.prune({ finishedBefore: at + minute, maxPerJob: 0, batch: 100 })).toBe(1)
    expect(await one.store.execution(first.id)).toBeNull()
    expect(await enqueue(two.at(at + 59 * minute), {})).toEqual({ id: first.id, enqueued: false })
    await one.store.prune({ finishedBefore: at + 70 * minute, maxPerJob: 0, batch: 100 })
    expect(await enqueue(two.at(at + 60 * minute), {})).toMatchObject({ enqueued: true })
  })

  it('replace gives new arguments and a new time to one that has not started, and to no other', async () => {
    const { one, two } = stage()
    const replace = { onConflict: 'replace' } as const
    const first = await enqueue(one.at(at), replace, { args: [1], availableAt: at + minute })
    const replaced = await enqueue(two.at(at), replace, { args: [2], availableAt: at + second })
    expect(replaced).toEqual({ id: first.id, enqueued: false })
    const running = await take(one.at(at + second))
    expect(running).toMatchObject({ id: first.id, args: [2], scheduledFor: at + second })
    expect(await enqueue(two, replace, { args: [3] })).toEqual(replaced)
    expect((await one.store.execution(first.id))?.args).toEqual([2])
    await one.end(running, { kind: 'retry', error: failure, availableAt: at })
    await enqueue(two, replace, { args: [3] })
    expect((await one.store.execution(first.id))?.args).toEqual([2])
  })

  it('debounce puts it off, at the latest until its longest wait is over', async () => {
    const { one, two } = stage()
    const debounce = { onConflict: 'debounce', maxWait: 25 * second } as const
    for (let n = 0; n < 4; n++) {
      const now = at + n * 8 * second
      await enqueue(n % 2 === 0 ? one.at(now) : two.at(now), debounce, { args: [n], availableAt: now + 10 * second })
      expect((await one.at(now).dequeue()).taken).toEqual([])
    }
    expect((await two.at(at + 24 * second).dequeue()).taken).toEqual([])
    expect(await take(two.at(at + 25 * second))).toMatchObject({ args: [3], scheduledFor: at + 25 * second })
  })

  it('those behind one that is put off do not wait for it', async () => {
    const { one, two } = stage()
    await enqueue(one.at(at), { onConflict: 'debounce' })
    await one.store.enqueue([requestOf(one, 'a', { args: ['behind'] })])
    await enqueue(two.at(at), { onConflict: 'debounce' }, { availableAt: at + minute })
    expect((await two.dequeue()).taken).toMatchObject([{ args: ['behind'] }])
  })

  it('of requests with one key in one call, one is enqueued, as the last one wants it', async () => {
    const { one } = stage()
    const key: KeyRequest = { ...KEY, onConflict: 'replace' }
    const handles = await one.at(at).store.enqueue([1, 2, 3].map((n) => requestOf(one, 'a', { args: [n], key })))
    expect(handles.map(({ enqueued }) => enqueued)).toEqual([true, false, false])
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1)
    expect(await take(one)).toMatchObject({ args: [3] })
  })

  it('of many that enqueue one key at once, one does', async () => {
    const { one, two } = stage()
    const calls = Array.from({ length: 20 }, (_, n) =>
      enqueue((n % 2 === 0 ? one : two).at(at), {}, { lock: 'bypass' }),
    )
    const handles = await Promise.all(calls)
    expect(handles.filter(({ enqueued }) => enqueued)).toHaveLength(1)
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1)
    expect(await two.taken()).toEqual(['a 60'])
  })
}
