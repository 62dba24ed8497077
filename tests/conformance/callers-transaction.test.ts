import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeyRequest } from '../../runtime/store/enqueue-request.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { testDatabase } from '../support/postgres.ts'
import { requestOf } from './enqueueing.ts'
import { fireOf, Node, T0 } from './fixtures.ts'

const KEY: KeyRequest = { key: 'k', onConflict: 'keep', freesAtStart: false, keepFor: 0, maxWait: null }
const other = { code: 'STORE_TRANSACTION', message: expect.stringContaining('another database') }

describe("in the caller's transaction on PostgreSQL", () => {
  let database: Awaited<ReturnType<typeof testDatabase>>
  let store: Store
  let client: pg.Client
  let node: Node

  beforeAll(async () => {
    database = await testDatabase()
    store = await openStore(database.url)
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    node = new Node(store, 'node-1')
    await node.register()
  })
  afterAll(async () => {
    await client.end()
    await store.close()
    await database.release()
  })

  it('work is there when the transaction commits, and not when it rolls back', async () => {
    await client.query('begin')
    const [lost] = await store.enqueue([requestOf(node, 'a', { key: KEY })], client)
    expect(await store.execution(lost?.id ?? '')).toBeNull()
    await client.query('rollback')
    await client.query('begin')
    const [kept] = await store.enqueue([requestOf(node, 'a', { key: KEY })], client)
    expect(kept?.enqueued).toBe(true)
    await client.query('commit')
    expect((await node.dequeue()).taken).toMatchObject([{ id: kept?.id, trigger: 'enqueue' }])
    expect(await store.execution(lost?.id ?? '')).toBeNull()
  })

  it('no outcome puts the transaction into the failed state', async () => {
    await client.query('begin')
    const key = { ...KEY, key: 'state' }
    await store.enqueue([requestOf(node, 'b', { key })], client)
    const again = { key: { ...key, onConflict: 'debounce', maxWait: 1000 } as const, availableAt: T0 + 500 }
    expect(await store.enqueue([requestOf(node, 'b', again)], client)).toMatchObject([{ enqueued: false }])
    await store.enqueue([requestOf(node, 'b', { skipsIfBusy: true })], client)
    await client.query('create temporary table job_store (id text) on commit drop')
    await expect(store.enqueue([requestOf(node, 'b')], client)).rejects.toMatchObject(other)
    await client.query('drop table pg_temp.job_store')
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await client.query('commit')
  })

  it('a client outside of a transaction, a pool, and one of another database are refused', async () => {
    const refused = (transaction: unknown) => store.enqueue([requestOf(node, 'c')], transaction)
    await expect(refused(client)).rejects.toMatchObject({ message: expect.stringContaining('in no transaction') })
    const pool = new pg.Pool({ connectionString: database.url })
    await expect(refused(pool)).rejects.toMatchObject({ code: 'STORE_TRANSACTION' })
    await pool.end()
    const elsewhere = await testDatabase()
    const foreign = new pg.Client({ connectionString: elsewhere.url })
    await foreign.connect()
    await foreign.query('begin')
    await expect(refused(foreign)).rejects.toMatchObject(other)
    expect((await foreign.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await foreign.end()
    await elsewhere.release()
  })

  it('a second transaction waits for an uncommitted key, and takes it if the first rolls back', async () => {
    const request = requestOf(node, 'd', { key: KEY })
    await client.query('begin')
    await store.enqueue([request], client)
    let isSettled = false
    const second = store.enqueue([request]).finally(() => {
      isSettled = true
    })
    await client.query('select pg_sleep(0.2)')
    expect(isSettled).toBe(false)
    await client.query('rollback')
    expect(await second).toMatchObject([{ enqueued: true }])
  })

  it('one that stays open keeps nobody from claiming, and loses nothing', async () => {
    await client.query('begin')
    const [open] = await store.enqueue([requestOf(node, 'e')], client)
    const claimed = await node.run('e', T0)
    await client.query('commit')
    expect((await node.dequeue()).taken.filter(({ job }) => job === 'e')).toEqual([])
    await node.end(claimed)
    expect((await node.dequeue()).taken).toMatchObject([{ id: open?.id }])
    expect((await node.claim([fireOf('e', T0 + 1)]))[0]?.outcome).toBe('skipped')
  })
})

describe("in the caller's transaction on SQLite", () => {
  it('work is there when the transaction commits, and not when it rolls back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'webstir-store-'))
    const path = join(folder, 'jobs.sqlite')
    const store = await openStore(`file:${path}`)
    const node = new Node(store, 'node-1')
    const connection = new Libsql(path)
    const request = requestOf(node, 'a', { key: KEY })
    await expect(store.enqueue([request], connection)).rejects.toMatchObject({ code: 'STORE_TRANSACTION' })
    connection.exec('begin immediate')
    await store.enqueue([request], connection)
    connection.exec('rollback')
    connection.exec('begin immediate')
    const [kept] = await store.enqueue([request], connection)
    expect(kept?.enqueued).toBe(true)
    connection.exec('commit')
    expect((await node.dequeue()).taken).toMatchObject([{ id: kept?.id }])
    const foreign = new Libsql(join(folder, 'other.sqlite'))
    foreign.exec('begin')
    await expect(store.enqueue([request], foreign)).rejects.toMatchObject(other)
    foreign.exec('rollback')
    foreign.close()
    connection.close()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
})
