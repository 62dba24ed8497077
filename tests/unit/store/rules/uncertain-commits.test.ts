import { expect, it } from 'vitest'
import type { Driver } from '../../../../runtime/store/driver.ts'
import { openMemory } from '../../../../runtime/store/drivers/memory.ts'
import { StoreError } from '../../../../runtime/store/errors.ts'
import { TableStore } from '../../../../runtime/store/table-store.ts'
import type { Script } from '../../../../runtime/store/transaction-script.ts'
import { type Clock, systemClock } from '../../../../runtime/support/clock.ts'
import { TestClock } from '../../../../runtime/testing/test-clock.ts'
import { fireOf, minute, Node, statusOf, T0 } from '../../../conformance/fixtures.ts'

/** A store that commits and then, when told to, loses the answer. */
function forgetful(clock: Clock = systemClock): { store: TableStore; losesNext(): void; failsAfterNext(): void } {
  const memory = openMemory()
  let loses = false
  /** Writes until one is refused, where one is to be. */
  let left = Number.POSITIVE_INFINITY
  const driver: Driver = {
    dialect: memory.dialect,
    url: memory.url,
    target: memory.target,
    tables: memory.tables,
    clockOffset: memory.clockOffset,
    measureClock: () => memory.measureClock(),
    read: (steps) => memory.read(steps),
    async write<Result>(steps: () => Script<Result>): Promise<Result> {
      if (left-- === 0) {
        left = Number.POSITIVE_INFINITY
        throw new StoreError('STORE_UNAVAILABLE', 'the connection broke before anything was written')
      }
      const result = await memory.write(steps)
      if (!loses) return result
      loses = false
      throw new StoreError('STORE_UNAVAILABLE', 'the connection broke while the commit was on its way')
    },
    alone: (pair, work) => memory.alone(pair, work),
    listen: (hearer) => memory.listen(hearer),
    close: () => memory.close(),
  }
  return {
    store: new TableStore(driver, clock),
    losesNext() {
      loses = true
    },
    failsAfterNext() {
      left = 1
    },
  }
}

it('what was claimed unheard is handed out by the next take', async () => {
  const { store, losesNext } = forgetful()
  const node = new Node(store, 'n').at(T0 + minute)
  losesNext()
  await expect(node.claim([fireOf('a', T0), fireOf('b', T0)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await node.outcomes([fireOf('a', T0), fireOf('b', T0)])).toEqual(['a: already-claimed', 'b: already-claimed'])
  expect(await node.taken(1)).toEqual(['a 0'])
  expect(await node.taken(5)).toEqual(['b 0'])
  expect(await node.taken(5)).toEqual([])
})

it('what was taken unheard is handed out by the next take', async () => {
  const { store, losesNext } = forgetful()
  const node = new Node(store, 'n').at(T0 + minute)
  await node.claim([fireOf('a', T0)], { slots: 0 })
  losesNext()
  await expect(node.dequeue()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await node.taken()).toEqual(['a 0'])
})

it('what was begun unheard is cancelled, for its caller has given up', async () => {
  const { store, losesNext } = forgetful()
  const node = new Node(store, 'n').at(T0 + minute)
  losesNext()
  await expect(node.begin('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const [row] = await store.executions({})
  expect(await node.taken()).toEqual([])
  expect(await statusOf(store, row?.id ?? '')).toBe('CANCELLED')
  expect(await node.begin('a')).toMatchObject({ acquired: true })
})

it('what was claimed unheard is not handed out to one who asks for another execution', async () => {
  const { store, losesNext } = forgetful()
  const node = new Node(store, 'n').at(T0 + minute)
  const [queued] = await node.claim([fireOf('b', T0)], { slots: 0 })
  if (queued?.outcome !== 'queued') throw new Error('b is not queued')
  losesNext()
  await expect(node.claim([fireOf('a', T0)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  losesNext()
  await expect(node.dequeue(1, queued.executionId)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const { taken } = await node.dequeue(1, queued.executionId)
  expect(taken.map(({ job }) => job)).toEqual(['b'])
  expect(await node.taken(5)).toEqual(['a 0'])
})

it('what was begun unheard is cancelled in a process that takes nothing from the queue, too', async () => {
  const clock = new TestClock(T0 + minute)
  const { store, losesNext } = forgetful(clock)
  const node = new Node(store, 'n').at(T0 + minute)
  losesNext()
  await expect(node.begin('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const [row] = await store.executions({})
  expect(row?.status).toBe('RUNNING')
  await clock.advance(minute)
  expect(await statusOf(store, row?.id ?? '')).toBe('CANCELLED')
  await store.close()
})

it('what was claimed unheard is handed out though the store is lost again right after it was found', async () => {
  const { store, losesNext, failsAfterNext } = forgetful()
  const node = new Node(store, 'n').at(T0 + minute)
  losesNext()
  await expect(node.claim([fireOf('a', T0)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  failsAfterNext()
  const handedOut = [...(await node.taken().catch(() => [])), ...(await node.taken().catch(() => []))]
  expect(handedOut).toEqual(['a 0'])
})
