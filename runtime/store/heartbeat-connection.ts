import { StoreError } from './errors.ts'
import { databaseExists } from './file-access.ts'
import { heartbeatStatements } from './sql/records.ts'
import { locateStore } from './url.ts'

/** So many heartbeats for one look at the server's clock: an idle node is to ask little. */
const MEASURE_EVERY = 3

/** A connection for the heartbeats of a node. */
export interface HeartbeatConnection {
  /** One heartbeat for a node and all that it runs; `now` in ms since the epoch. Throws StoreError; the next one may succeed. */
  heartbeat(node: string, now: number): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a connection for heartbeats alone: no migrations, no statements but two. `url` is a store's `target`; a store in
 * memory has none and takes heartbeats through `Store.heartbeat`.
 */
export async function openHeartbeat(url: string): Promise<HeartbeatConnection> {
  const location = locateStore(url)
  if (location.dialect === 'memory') {
    throw new StoreError('STORE_URL', 'a store in memory has no further connection for heartbeats', {
      hint: 'call heartbeat() on the store itself',
    })
  }
  if (location.dialect === 'sqlite' && !databaseExists(location.path)) {
    throw new StoreError('STORE_UNAVAILABLE', `${location.path} is not there`, {
      hint: 'a heartbeat makes no store: start the scheduler again',
    })
  }
  const { openDriver } = await import('./open.ts')
  const driver = await openDriver(location, { connections: 1 })
  const [node, executions] = heartbeatStatements(location.dialect)
  let count = 0
  let previous = Number.NEGATIVE_INFINITY
  return {
    async heartbeat(id, now) {
      // At once where this clock was set back, which would make heartbeats look old.
      if (count++ % MEASURE_EVERY === 0 || now < previous) await driver.measureClock()
      previous = now
      const at = now + driver.clockOffset
      await driver.write(function* () {
        yield { sql: node, parameters: [at, id] }
        yield { sql: executions, parameters: [at, id] }
      })
    },
    close: () => driver.close(),
  }
}
