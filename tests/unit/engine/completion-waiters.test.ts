import { describe, expect, it } from 'vitest'
import { CompletionWaiters } from '../../../runtime/engine/completion-waiters.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { Node } from '../../conformance/fixtures.ts'

async function given({ runsHere = false } = {}) {
  const store = await openStore('memory:')
  const node = new Node(store, 'node-1')
  const execution = await node.run('report', node.now)
  const waiters = new CompletionWaiters(store, () => runsHere)
  const settled: string[] = []
  const wait = (id: string, name: string): void => void waiters.add(id).then(() => settled.push(name))
  return { store, node, execution, waiters, settled, wait }
}

describe('those who wait for an execution', () => {
  it('hear of its end all together, and once', async () => {
    const { execution, waiters, settled, wait } = await given()
    wait(execution.id, 'one')
    wait(execution.id, 'two')
    expect(waiters.isEmpty).toBe(false)

    waiters.settle(execution.id)
    waiters.settle(execution.id)
    await Promise.resolve()

    expect(settled).toEqual(['one', 'two'])
    expect(waiters.isEmpty).toBe(true)
  })

  it('hear of an end in another process when the store is asked, and not before', async () => {
    const { store, node, execution, waiters, settled, wait } = await given()
    wait(execution.id, 'one')
    await waiters.look()
    expect(settled).toEqual([])

    const { id, owner, attempt } = execution
    await store.complete({ id, owner, attempt, at: node.now, outcome: { kind: 'success' } })
    await waiters.look()

    expect(settled).toEqual(['one'])
  })

  it('are left to the engine where the execution runs here', async () => {
    const { store, node, execution, waiters, settled, wait } = await given({ runsHere: true })
    wait(execution.id, 'one')
    const { id, owner, attempt } = execution
    await store.complete({ id, owner, attempt, at: node.now, outcome: { kind: 'success' } })

    await waiters.look()

    expect(settled).toEqual([])
  })

  it('are let go of for an execution that the store no longer has, and when the process stops', async () => {
    const { execution, waiters, settled, wait } = await given()
    wait('00000000-0000-7000-8000-000000000000', 'pruned')
    wait(execution.id, 'open')
    await waiters.look()
    expect(settled).toEqual(['pruned'])

    waiters.settleAll()
    await Promise.resolve()

    expect(settled).toEqual(['pruned', 'open'])
  })
})
