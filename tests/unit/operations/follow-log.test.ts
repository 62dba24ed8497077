import { expect, it } from 'vitest'
import { followLog } from '../../../runtime/operations/executions.ts'
import { openStore } from '../../../runtime/store/open.ts'
import type { Store } from '../../../runtime/store/store.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'

const line = (message: string) => ({ at: 0, level: 'info', message, data: null }) as const

async function running(store: Store): Promise<{ id: string; end(): Promise<boolean> }> {
  const started = await store.begin({
    node: 'test',
    now: 0,
    job: 'report',
    tenant: '',
    trigger: 'manual',
    scheduleKey: '',
    scheduledFor: 0,
    args: [],
    priority: 0,
    maxAttempts: 1,
    recoverLimit: 0,
    parentId: null,
    lock: 'exclusive',
    staleBefore: 0,
  })
  if (!started.acquired) throw new Error(started.reason)
  const { id, owner, attempt } = started.execution
  return { id, end: () => store.complete({ id, owner, attempt, at: 5, outcome: { kind: 'success' } }) }
}

it('gives each line once, as they come, and the end when the execution is final', async () => {
  const store = await openStore('memory:')
  const clock = new TestClock()
  const { id, end } = await running(store)
  await store.appendLog(id, 1, [line('one')])
  const lines = followLog(store, id, clock)
  expect((await lines.next()).value).toMatchObject({ message: 'one' })

  const second = lines.next()
  await clock.advance(1000)
  await store.appendLog(id, 1, [line('two'), line('three')])
  await clock.advance(1000)
  expect((await second).value).toMatchObject({ message: 'two' })
  expect((await lines.next()).value).toMatchObject({ message: 'three' })

  const last = lines.next()
  await clock.advance(1000)
  await store.appendLog(id, 1, [line('four')])
  await end()
  await clock.advance(1000)
  expect((await last).value).toMatchObject({ message: 'four' })
  expect(await lines.next()).toMatchObject({ done: true, value: { status: 'SUCCESS' } })
})

it('ends at once where the execution is final, and where it is gone', async () => {
  const store = await openStore('memory:')
  const { id, end } = await running(store)
  await end()
  expect(await followLog(store, id, new TestClock()).next()).toMatchObject({ done: true, value: { status: 'SUCCESS' } })
  expect(await followLog(store, 'gone', new TestClock()).next()).toEqual({ done: true, value: null })
})
