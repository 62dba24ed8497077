import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHeartbeat } from '../../runtime/store/heartbeat-connection.ts'
import { openStore } from '../../runtime/store/open.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { fireOf, minute, Node, T0 } from './fixtures.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(async () => {
  await server.remove()
})

it('many that open a new database at once migrate it once', async () => {
  const url = await server.database()
  const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(url, { connections: 2 })))
  expect(stores[0]?.url).not.toContain('password')
  await Promise.all(stores.map((store) => store.close()))
})

it('a store of a newer program, and with JOBS_STORE_MIGRATE=off one that is behind, are refused', async () => {
  const url = await server.database()
  await expect(openStore(url, { env: { JOBS_STORE_MIGRATE: 'off' } })).rejects.toMatchObject({ code: 'STORE_TOO_OLD' })
  await (await openStore(url)).close()
  await (await openStore(url, { env: { JOBS_STORE_MIGRATE: 'off' } })).close()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`insert into job_migration values (999, 'of the future', 0)`)
  await client.end()
  await expect(openStore(url)).rejects.toMatchObject({ code: 'STORE_TOO_NEW' })
})

it('a wrong password and a missing database are told apart', async () => {
  const wrong = new URL(server.url)
  wrong.password = 'wrong'
  await expect(openStore(wrong.href)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    hint: expect.stringContaining('password'),
  })
  const missing = new URL(server.url)
  missing.pathname = '/nowhere'
  await expect(openStore(missing.href)).rejects.toMatchObject({ hint: expect.stringContaining('create it') })
})

it('a server that goes away and comes back is an error in between, and nothing else', async () => {
  const store = await openStore(await server.database())
  const heartbeat = await openHeartbeat(store.target ?? '')
  const node = new Node(store, 'n')
  await node.register()
  const run = await node.at(T0 + minute).run('a', T0 + minute)
  await server.stop()
  const away = { code: 'STORE_UNAVAILABLE', isTransient: true }
  await expect(node.claim([fireOf('b', T0 + minute)])).rejects.toMatchObject(away)
  await expect(node.end(run)).rejects.toMatchObject(away)
  await expect(heartbeat.heartbeat('n', T0 + 2 * minute)).rejects.toMatchObject(away)
  await expect(openStore(server.url)).rejects.toMatchObject(away)
  await server.start()
  expect(await node.outcomes([fireOf('b', T0 + minute)])).toEqual(['b: running'])
  expect(await node.end(run)).toBe(true)
  await heartbeat.heartbeat('n', T0 + 2 * minute)
  expect(await store.nodes()).toMatchObject([{ heartbeatAt: T0 + 2 * minute }])
  await heartbeat.close()
  await store.close()
})

it('a lock that is held for too long is said', async () => {
  const url = await server.database()
  const store = await openStore(url, { busyLimit: 200 })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin; lock table job_pause in access exclusive mode')
  await expect(store.pause('a', 'ann', null, T0)).rejects.toMatchObject({ code: 'STORE_BUSY' })
  await client.query('rollback')
  await client.end()
  await store.pause('a', 'ann', null, T0)
  await store.close()
})
