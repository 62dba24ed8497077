import { StoreError } from './errors.ts'
import { heartbeatStatements } from './sql/records.ts'
import { locateStore } from './url.ts'

/** A connection that does nothing but tell that a node is alive. */
export interface HeartbeatConnection {
  /** One beat for a node and all that it runs; `now` in ms since the epoch. Throws StoreError; the next one may succeed. */
  heartbeat(node: string, now: number): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a connection for beats alone: no migrations, no statements but two. `url` is a store's `target`; a store in
 * memory has none and is beaten through `Store.beat`.
 */
export async function openBeat(url: string): Promise<HeartbeatConnection> {
  const location = locateStore(url)
  if (location.dialect === 'memory') {
    throw new StoreError('STORE_URL', 'A store in memory has no connection of its own for beats.', {
      hint: 'Call beat() on the store itself.',
    })
  }
  const { openDriver } = await import('./open.ts')
  const driver = await openDriver(location, { connections: 1 })
  const [node, executions] = heartbeatStatements(location.dialect)
  return {
    async heartbeat(id, now) {
      await driver.measureClock()
      const at = now + driver.clockOffset
      await driver.write(function* () {
        yield { sql: node, parameters: [at, id] }
        yield { sql: executions, parameters: [at, id] }
      })
    },
    close: () => driver.close(),
  }
}
