import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { fireOf } from '../conformance/fixtures.ts'
import { type Stage, setStage } from '../support/chaos-stage.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

/** After this an idle scheduler has no connection left that it doesn't need, in ms. */
const SETTLING = 40_000
const OBSERVED = 30_000
const HANDED_OVER = 200

let server: PostgresServer
let stage: Stage | undefined
beforeAll(async () => {
  server = await startPostgres({ flags: ['-c', 'fsync=off', '-c', 'shared_preload_libraries=pg_stat_statements'] })
})
afterAll(async () => {
  await stage?.clear()
  await server.remove()
})

it('given an idle scheduler on PostgreSQL, it asks little, holds two connections, and starts at once what is queued', async () => {
  // given
  stage = await setStage({
    store: 'PostgreSQL',
    url: await server.database('idle'),
    jobs: [{ name: 'rare', schedule: '@yearly', work: { work: 'none' } }],
    staleAfter: 30_000,
  })
  const scheduler = stage.start()
  await scheduler.ready
  const watcher = new pg.Client({ connectionString: server.url })
  // Where the test fails, the server is stopped before it is closed.
  watcher.on('error', () => {})
  await watcher.connect()
  await watcher.query('create extension pg_stat_statements')
  // when
  await sleep(SETTLING)
  await watcher.query('select pg_stat_statements_reset()')
  await sleep(OBSERVED)
  const { rows: asked } = await watcher.query<{ calls: number; query: string }>(
    `select calls::int, left(query, 80) as query from pg_stat_statements
      where dbid = (select oid from pg_database where datname = 'idle') order by calls desc`,
  )
  const rate = asked.reduce((sum, { calls }) => sum + calls, 0) / (OBSERVED / 1000)
  // then
  const { rows: connections } = await watcher.query(
    `select query from pg_stat_activity where application_name = 'webstir-jobs'`,
  )
  expect(connections.length, JSON.stringify(connections)).toBeLessThanOrEqual(2)
  expect(rate, JSON.stringify(asked, null, 1)).toBeLessThanOrEqual(1)

  // when: another process queues something, now and then
  const store = await openStore(stage.url)
  const delays: number[] = []
  for (let count = 0; count < HANDED_OVER; count++) {
    const now = Date.now()
    const fire = fireOf('rare', now, { args: [{ work: 'none' }] })
    const [claimed] = await store.claim({ node: 'test', now, slots: 0, staleBefore: 0, watermarks: [], fires: [fire] })
    const id = claimed?.outcome === 'queued' ? claimed.executionId : ''
    await vi.waitFor(async () => expect((await store.execution(id))?.status).toBe('SUCCESS'), { interval: 5 })
    delays.push(((await store.execution(id))?.startedAt ?? 0) - now)
    await sleep(20)
  }
  // then
  delays.sort((a, b) => a - b)
  const at = (share: number): number => delays[Math.floor(delays.length * share)] ?? Number.NaN
  console.log(
    `idle: ${connections.length} connections, ${rate.toFixed(2)} statements a second; ` +
      `queued to started p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  )
  expect(at(0.5)).toBeLessThan(50)
  await store.close()
  await watcher.end()
  expect(await scheduler.strike('SIGTERM')).toBe(0)
}, 180_000)
