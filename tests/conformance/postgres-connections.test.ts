import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHeartbeat } from '../../runtime/store/heartbeat-connection.ts'
import type { StoreTransaction } from '../../runtime/store/job-store.ts'
import { openStore } from '../../runtime/store/open.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

/** How often connections are ended: 5 of 497 ended a process that had no listener for it. */
const ENDINGS = 500

let server: PostgresServer
let watcher: pg.Client

beforeAll(async () => {
  server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  watcher = new pg.Client({ connectionString: server.url })
  await watcher.connect()
})
afterAll(async () => {
  await watcher.end()
  await server.remove()
})

/** Backends of our own on a database, but for those that do nothing. */
async function busyOn(database: string): Promise<string[]> {
  const { rows } = await watcher.query<{ state: string; query: string }>(
    `select state, query from pg_stat_activity where datname = $1 and application_name = 'webstir-jobs' and state <> 'idle'`,
    [database],
  )
  return rows.map(({ state, query }) => `${state}: ${query}`)
}

async function endAll(database: string): Promise<number> {
  const { rowCount } = await watcher.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'webstir-jobs'`,
    [database],
  )
  return rowCount ?? 0
}

it(`survives ${ENDINGS} ended connections: pooled, lent, beating and listening ones`, async () => {
  // given
  const url = await server.database('endings')
  const store = await openStore(url)
  const beat = await openHeartbeat(url)
  const listener = store.listen(() => {})
  const transaction = { job: 'a', tenant: '', limit: 2000 }
  const scope = (work: (transaction: StoreTransaction) => Promise<unknown>) => store.transaction(transaction, work)
  let isOver = false
  let answered = 0
  const busy = async (work: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      // What is lost with its connection fails, and nothing but the call feels it.
      await work().then(
        () => answered++,
        () => {},
      )
      await sleep(Math.random() * 5)
    }
  }
  const work = [
    busy(() => store.pauses()),
    busy(() => store.pause('a', 'ann', null, 0)),
    busy(() => scope((lent) => lent.query('select pg_sleep(0.01)'))),
    busy(() => scope(() => sleep(10))),
    busy(() => beat.heartbeat('n', 0)),
  ]
  // when
  let ended = 0
  while (ended < ENDINGS) {
    await sleep(Math.random() * 20)
    ended += await endAll('endings')
  }
  isOver = true
  await Promise.all(work)
  // then
  expect(answered).toBeGreaterThan(0)
  await store.pause('a', 'ann', null, 0)
  await beat.heartbeat('n', 0).catch(() => {})
  await beat.heartbeat('n', 0)
  listener.stop()
  await beat.close()
  await store.close()
}, 180_000)

it('leaves no backend busy with a statement that took too long', async () => {
  // given: a statement that waits for something that isn't a lock, so only statement_timeout ends it
  const store = await openStore(await server.database('busy'), { busyLimit: 200 })
  const begun = performance.now()
  // when
  const endless = store.transaction({ job: 'a', tenant: '', limit: 60_000 }, (own) => own.query('select pg_sleep(60)'))
  // then: the server gives up before the client does
  await expect(endless).rejects.toMatchObject({ code: 'STORE_BUSY', message: expect.stringContaining('too long') })
  expect(performance.now() - begun).toBeLessThan(5000)
  expect(await busyOn('busy')).toEqual([])
  await store.pause('a', 'ann', null, 0)
  await store.close()
})

it('does not keep a process alive with connections that wait for work', async () => {
  // given
  const url = await server.database('unref')
  const open = fileURLToPath(new URL('../../runtime/store/open.ts', import.meta.url))
  const contents = `
    import { openStore } from ${JSON.stringify(open)}
    const store = await openStore(${JSON.stringify(url)})
    await new Promise((resolve) => store.listen(({ kind }) => kind === 'listening' && resolve()))
    await store.pause('a', 'ann', null, 0)
    console.log((await store.pauses()).length)`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    ...{ bundle: true, write: false, platform: 'node', format: 'esm', packages: 'external' },
  })
  const program = outputFiles[0]?.text ?? ''
  // when
  const begun = performance.now()
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-'])
  running.child.stdin?.end(program)
  const { stdout } = await running
  // then
  expect(stdout.trim()).toBe('1')
  expect(performance.now() - begun).toBeLessThan(15_000)
})
