import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/** Keeps every other writer out of a SQLite store, as a backup or a database browser may do, until it is released. */
export async function lockSqlite(url: string): Promise<() => Promise<void>> {
  const thread = new Worker(LOCK, { eval: true, workerData: fileURLToPath(url.replace('file:', 'file://')) })
  await once(thread, 'message')
  return async () => {
    thread.postMessage('release')
    await once(thread, 'exit')
  }
}

const LOCK = `const { parentPort, workerData } = require('node:worker_threads')
  const database = new (require('libsql'))(workerData)
  database.exec('begin immediate')
  parentPort.postMessage('locked')
  parentPort.once('message', () => {
    database.exec('commit')
    database.close()
  })`
