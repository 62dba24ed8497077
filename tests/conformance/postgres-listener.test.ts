import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HeardNotice } from '../../runtime/store/notices.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { type PgBouncer, type PoolMode, pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { fireOf, minute, Node, T0 } from './fixtures.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres({ flags: ['-c', 'fsync=off'] })
})
afterAll(async () => {
  await server.remove()
})

/** What a store was told, and waiting for more of it. */
function listenTo(store: Store) {
  const heard: HeardNotice[] = []
  let look = (): void => {}
  const listener = store.listen((notice) => {
    heard.push(notice)
    look()
  })
  return {
    heard,
    listener,
    /** Resolves when a notice of this kind was heard, after those that were asked for before. */
    until: (kind: HeardNotice['kind']) =>
      new Promise<HeardNotice>((resolve) => {
        look = () => {
          const place = heard.findIndex((notice) => notice.kind === kind)
          const found = heard[place]
          if (found === undefined) return
          heard.splice(0, place + 1)
          resolve(found)
        }
        look()
      }),
  }
}

async function pids(database: string, where = 'true'): Promise<number[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = $1 and application_name = 'webstir-jobs' and ${where}`,
    [database],
  )
  await client.end()
  return rows.map(({ pid }) => pid)
}

it('hears what another process queues, from when it may run, and that a cancellation is wanted', async () => {
  // given
  const url = await server.database('hears')
  const [ours, others] = await Promise.all([openStore(url), openStore(url)])
  const { until, listener } = listenTo(ours)
  expect(listener.isLive).toBe(false)
  await until('listening')
  expect(listener.isLive).toBe(true)
  const node = new Node(others, 'n').at(T0 + minute)
  await node.register()
  // when
  const outcomes = await node.claim([fireOf('a', T0 + minute)], { slots: 0 })
  // then
  expect(outcomes).toMatchObject([{ outcome: 'queued' }])
  expect(await until('queued')).toEqual({ kind: 'queued', at: T0 + minute })
  // when
  const run = await node.run('b', T0 + minute)
  await others.cancel(run.id, T0 + minute)
  // then
  expect(await until('cancel')).toEqual({ kind: 'cancel' })
  listener.stop()
  listener.stop()
  await Promise.all([ours.close(), others.close()])
})

it('hears that a line goes on when the one at its head has ended', async () => {
  // given
  const store = await openStore(await server.database('lines'))
  const { until, heard } = listenTo(store)
  await until('listening')
  const node = new Node(store, 'n').at(T0 + minute)
  await node.register()
  const head = await node.run('a', T0 + minute, { overlap: 'queue' })
  await node.claim([fireOf('a', T0 + 2 * minute, { overlap: 'queue', availableAt: T0 + minute })])
  await store.pauses()
  expect(heard).toEqual([])
  // when
  await node.end(head)
  // then
  await until('queued')
  expect(await node.taken()).toEqual(['a 120'])
  await store.close()
})

it('listens again when the connection is lost, and says that it missed something', async () => {
  // given
  const url = await server.database('again')
  const store = await openStore(url)
  const { until, listener, heard } = listenTo(store)
  await until('listening')
  // when
  await server.stop()
  // then
  expect(await until('deaf')).toEqual({ kind: 'deaf', reason: null })
  expect(listener.isLive).toBe(false)
  // when
  await server.start()
  // then
  await until('listening')
  const node = new Node(store, 'n').at(T0 + minute)
  await node.register()
  await node.claim([fireOf('a', T0 + minute)], { slots: 0 })
  await until('queued')
  // when: it is stopped, nothing more is heard
  listener.stop()
  await node.claim([fireOf('b', T0 + minute)], { slots: 0 })
  await store.pauses()
  expect(heard).toEqual([])
  await store.close()
})

it('needs one connection for listening and for what an idle process asks', async () => {
  // given
  const url = await server.database('one')
  const store = await openStore(url)
  const { until } = listenTo(store)
  await until('listening')
  const [listening] = await pids('one', `query like 'listen%'`)
  // when
  for (let count = 0; count < 5; count++) await store.pauses()
  await store.pause('a', 'ann', null, T0)
  // then
  const [last] = await pids('one', `query = 'commit'`)
  expect(last).toBe(listening)
  await store.close()
  expect(await pids('one')).toEqual([])
})

const missing = pgBouncerMissing()
if (missing !== null) console.log(`skipped: behind PgBouncer; ${missing}`)

describe.skipIf(missing !== null)('behind PgBouncer', () => {
  const bouncers: PgBouncer[] = []
  const bouncer = async (mode: PoolMode, ...settings: string[]): Promise<PgBouncer> => {
    const started = await startPgBouncer(server.url, mode, settings)
    bouncers.push(started)
    return started
  }
  afterAll(async () => {
    for (const each of bouncers) await each.stop()
  })

  it.each([
    ['that refuses settings of a session', []],
    [
      'that ignores them',
      ['ignore_startup_parameters = lock_timeout,statement_timeout,idle_in_transaction_session_timeout'],
    ],
  ])('which pools transactions and %s, it works, and says once that it hears nothing', async (_, settings) => {
    // given
    const { through } = await bouncer('transaction', 'default_pool_size = 3', ...settings)
    const url = through(await server.database(`pooled_${settings.length}`))
    const stores = await Promise.all([openStore(url), openStore(url)])
    const [store, other] = stores
    const { until, listener } = listenTo(store)
    // when
    const notice = await until('deaf')
    // then
    expect(notice).toEqual({ kind: 'deaf', reason: expect.stringContaining('LISTEN') })
    expect(listener.isLive).toBe(false)
    const again = listenTo(store)
    expect(await again.until('deaf')).toEqual(notice)
    const nodes = [new Node(store, 'n').at(T0 + minute), new Node(other, 'm').at(T0 + minute)]
    for (const node of nodes) await node.register()
    for (let count = 0; count < 20; count++) {
      const claimed = await Promise.all(nodes.map((node) => node.outcomes([fireOf(`job-${count}`, T0 + minute)])))
      expect(claimed.flat().sort()).toEqual([`job-${count}: already-claimed`, `job-${count}: running`])
    }
    // then: the limits hold, although the session can't have them
    const limits = await store.transaction({ job: 'a', tenant: '', limit: 5000 }, (own) =>
      own.query<{ limit: string }>(`select current_setting('statement_timeout') as limit`),
    )
    expect(limits).toEqual([{ limit: '12500ms' }])
    await Promise.all(stores.map((each) => each.close()))
  })

  it('which pools sessions, it hears', async () => {
    // given
    const { through } = await bouncer('session')
    const url = through(await server.database('sessions'))
    const store = await openStore(url)
    const { until, listener } = listenTo(store)
    // when
    await until('listening')
    const node = new Node(store, 'n').at(T0 + minute)
    await node.register()
    await node.claim([fireOf('a', T0 + minute)], { slots: 0 })
    // then
    await until('queued')
    expect(listener.isLive).toBe(true)
    await store.close()
  })
})
