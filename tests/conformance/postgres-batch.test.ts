import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openDriver } from '../../runtime/store/open.ts'
import type { Script, SqlValue, Statement } from '../../runtime/store/transaction-script.ts'
import { locateStore } from '../../runtime/store/url.ts'
import { testDatabase } from '../support/postgres.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let driver: Awaited<ReturnType<typeof openDriver>>
let client: pg.Client

beforeAll(async () => {
  database = await testDatabase()
  const location = locateStore(database.url)
  if (location.dialect !== 'postgres') throw new Error('not PostgreSQL')
  // One connection: what a failure leaves behind is met by the next statement.
  driver = await openDriver(location, { connections: 1 })
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
beforeEach(async () => {
  await client.query('drop table if exists item')
  await client.query('create table item (id bigint primary key, text text)')
})
afterAll(async () => {
  await driver.close()
  await client.end()
  await database.release()
})

const blind = (sql: string, ...parameters: SqlValue[]): Statement => ({ sql, parameters, isBlind: true })
const add = (id: number, text: string | null = null): Statement => blind('insert into item values (?, ?)', id, text)
const pair = (one: number, other: number): Statement => blind('insert into item (id) values (?), (?)', one, other)
const ids = async (): Promise<number[]> =>
  (await client.query<{ id: string }>('select id from item order by id')).rows.map(({ id }) => Number(id))

it('commits what is sent together with the commit', async () => {
  const rows = await driver.write(function* () {
    yield add(1, 'ä')
    yield add(2)
    const found = yield { sql: 'select id, text, null as none from item order by id', parameters: [] }
    yield add(3)
    return found
  })
  expect(rows).toEqual([
    { id: 1, text: 'ä', none: null },
    { id: 2, text: null, none: null },
  ])
  expect(await ids()).toEqual([1, 2, 3])
})

it('commits nothing where one of several fails, wherever it stands, and goes on with the same connection', async () => {
  for (let bad = 0; bad < 4; bad++) {
    const statements = [add(10), add(11), pair(12, 13), pair(14, 15)]
    statements[bad] = bad % 2 === 0 ? pair(9, 9) : blind('nonsense')
    await expect(
      driver.write(function* (): Script<void> {
        yield* statements
      }),
      String(bad),
    ).rejects.toMatchObject({ code: bad % 2 === 0 ? '23505' : '42601' })
    expect(await ids(), String(bad)).toEqual([])
  }
  await driver.write(function* () {
    yield add(10)
    yield pair(11, 12)
  })
  expect(await ids()).toEqual([10, 11, 12])
})

it('rolls back what a failing script began', async () => {
  const failing = driver.write(function* () {
    yield { sql: 'insert into item values (1) returning id', parameters: [] }
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await ids()).toEqual([])
})

it('reports a commit that the server refuses, and one whose answer is lost', async () => {
  await client.query('alter table item add constraint later unique (text) deferrable initially deferred')
  const refused = driver.write(function* () {
    yield add(1, 'same')
    yield add(2, 'same')
  })
  await expect(refused).rejects.toMatchObject({ code: '23505' })
  const lost = driver.write(function* () {
    const [row] = yield { sql: 'select pg_backend_pid() as pid', parameters: [] }
    yield add(1)
    // Ends this very connection, before the commit that is sent with it.
    yield blind('select pg_terminate_backend(?)::text as ended', Number(row?.pid))
  })
  await expect(lost).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', isTransient: true })
  expect(await ids()).toEqual([])
})
