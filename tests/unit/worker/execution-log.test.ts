import { describe, expect, it } from 'vitest'
import { openLog } from '../../../runtime/logging/logger.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { TestClock } from '../../../runtime/testing/index.ts'
import { ExecutionLog } from '../../../runtime/worker/execution-log.ts'
import { Node } from '../../conformance/fixtures.ts'

async function given() {
  const store = await openStore('memory:')
  const clock = new TestClock()
  const node = new Node(store, 'node-1')
  const execution = await node.run('report', node.now)
  const shown: string[] = []
  const log = openLog({ env: {}, level: 'info', destination: { write: (line) => void shown.push(line) } })
  const messages = async () => (await store.logLines(execution.id)).map(({ message }) => message)
  return { clock, shown, messages, kept: new ExecutionLog({ store, clock, log }, execution) }
}

describe('the log of an execution', () => {
  it('shows a line with the name of its job, and keeps it without', async () => {
    const { kept, shown, messages } = await given()
    kept.logger().info('42 rows')
    await kept.flush()

    expect(JSON.parse(shown[0] ?? '')).toMatchObject({ job: 'report', msg: '[report] 42 rows' })
    expect(await messages()).toEqual(['42 rows'])
  })

  it("shows and keeps a child process's line as it came", async () => {
    const { kept, shown, messages } = await given()
    const line = `${JSON.stringify({ level: 'info', time: '2026-03-01T12:00:00.000Z', msg: '[report] from afar' })}\n`
    kept.relay(line)
    await kept.flush()

    expect(shown).toEqual([line])
    expect(await messages()).toEqual(['from afar'])
  })

  it('is written half a second after a line at the latest, without a flush', async () => {
    const { clock, kept, messages } = await given()
    kept.logger().info('one')
    kept.logger().info('two')
    expect(await messages()).toEqual([])

    await clock.advance(500)

    expect(await messages()).toEqual(['one', 'two'])
  })

  it('costs nothing where nothing is logged', async () => {
    const { kept, messages } = await given()
    expect(kept.flush()).toBeUndefined()
    expect(await messages()).toEqual([])
  })
})
