import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tenantTable } from '../../runtime/job/tenant-table.ts'
import { type TenantSource, tenantSource } from '../../runtime/job/tenants.ts'
import { createDatabaseClient } from '../../templates/workspace/src/backend/db/connection.ts'
import { testDatabase } from '../support/postgres.ts'
import { makeWorkspace } from '../support/workspace.ts'

const databases = [
  {
    dialect: 'SQLite',
    open: async () => ({ url: `file://${makeWorkspace().path('tenants.sqlite')}`, release: async () => {} }),
    missingTable: /can't be read from the table "customers": .*no such table/,
    missingColumn: /can't be read from the table "tenants": .*no such column: tenants\.plam/,
  },
  {
    dialect: 'PostgreSQL',
    open: testDatabase,
    missingTable: /can't be read from the table "customers": relation "customers" does not exist/,
    missingColumn: /can't be read from the table "tenants": column tenants\.plam does not exist/,
  },
]

const PLANS = ['free', 'paid', null]
const ACTIVE = [true, false, null, true, false]

/** As the tables hold them: numbered from 1, with a plan and a flag, each of which may be NULL. */
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    plan: PLANS[index % PLANS.length] ?? null,
    active: ACTIVE[index % ACTIVE.length] ?? null,
    seats: index % 4,
    flag: index % 2,
  }))

describe.each(databases)('the tenants in a table, with $dialect', ({ open, missingTable, missingColumn }) => {
  let url: string
  let release: () => Promise<void>
  const connect = () => createDatabaseClient(url)
  /** Clients whose statements are kept; `close` among them. */
  const told: string[] = []
  const watched = () => {
    const client = connect()
    return {
      query: (sql: string, parameters?: readonly unknown[]) => {
        told.push(sql)
        return client.query(sql, parameters as never) as Promise<never[]>
      },
      close: () => {
        told.push('close')
        return client.close()
      },
    }
  }

  beforeAll(async () => {
    ;({ url, release } = await open())
    const client = connect()
    const columns = 'plan text, active boolean, seats integer, flag integer'
    await client.execute(`create table tenants (id integer primary key, ${columns})`)
    await client.execute(`create table "big ""Names""" ("Key" text primary key, ${columns})`)
    for (const { id, plan, active, seats, flag } of rowsOf(60)) {
      await client.execute('insert into tenants values (?, ?, ?, ?, ?)', [id, plan, active, seats, flag])
    }
    const keys = rowsOf(1200).map(({ id }) => `(${id}, '${String(id).padStart(5, '0')}')`)
    await client.execute('create table many (id bigint primary key, code text)')
    await client.execute(`insert into many values ${keys.join(', ')}`)
    for (const key of ['b', 'ä', 'a', "o'clock"]) {
      await client.execute('insert into "big ""Names""" ("Key") values (?)', [key])
    }
    await client.close()
  })
  afterAll(() => release())

  it('are read page by page in the order of their ids, each time with a client that is closed at the end', async () => {
    told.length = 0
    const ids: unknown[] = []
    for await (const { id } of tenantTable(watched, { table: 'many' })) ids.push(Number(id))

    expect(ids).toEqual(Array.from({ length: 1200 }, (_, index) => index + 1))
    expect(told).toEqual([...Array(3).fill(expect.stringMatching(/ limit 500$/)), 'close'])
  })

  it.each([1, 7, 20, 60, 61])('are complete with pages of %i', async (pageSize) => {
    const ids = (await tenantTable(connect, { pageSize }).all()).map(({ id }) => id)
    expect(ids).toEqual(rowsOf(60).map(({ id }) => id))
  })

  it('have the columns of the table', async () => {
    const [first, second, third] = await tenantTable(connect).limit(3).all()
    expect(first).toMatchObject({ id: 1, plan: 'free', seats: 0 })
    expect(second).toMatchObject({ id: 2, plan: 'paid', seats: 1 })
    expect(third).toMatchObject({ id: 3, plan: null, active: null, seats: 2 })
    expect([first?.active, second?.active].map(Boolean)).toEqual([true, false])
  })

  it.each<[string, (tenants: TenantSource) => TenantSource]>([
    ['a text', (tenants) => tenants.where({ plan: 'free' })],
    ['a number', (tenants) => tenants.where({ seats: 2 })],
    ['a boolean', (tenants) => tenants.where({ active: true })],
    ['false', (tenants) => tenants.where({ active: false })],
    ['a boolean that is kept as a number', (tenants) => tenants.where({ flag: true })],
    ['null', (tenants) => tenants.where({ plan: null })],
    ['several columns', (tenants) => tenants.where({ active: true, plan: 'free', seats: 0 })],
    ['several conditions', (tenants) => tenants.where({ active: true }).where({ plan: 'paid' })],
    ['any of an array', (tenants) => tenants.where({ plan: ['free', 'paid'] })],
    ['any of an array of numbers', (tenants) => tenants.where({ seats: [1, 3] })],
    ['any of an array of booleans', (tenants) => tenants.where({ active: [true, false] })],
    ['any of an array with null', (tenants) => tenants.where({ plan: ['free', null] })],
    ['null alone in an array', (tenants) => tenants.where({ active: [null] })],
    ['all kinds in an array', (tenants) => tenants.where({ seats: [null, true, 3] })],
    ['an empty array', (tenants) => tenants.where({ plan: [] })],
    ['no condition', (tenants) => tenants.where({})],
    ['not a text', (tenants) => tenants.whereNot({ plan: 'free' })],
    ['not a boolean', (tenants) => tenants.whereNot({ active: true })],
    ['not a boolean that is kept as a number', (tenants) => tenants.whereNot({ flag: [true, null] })],
    ['not null', (tenants) => tenants.whereNot({ plan: null })],
    ['not all of several columns', (tenants) => tenants.whereNot({ active: true, plan: 'free' })],
    ['none of an array', (tenants) => tenants.whereNot({ plan: ['free', 'x'] })],
    ['none of an array with null', (tenants) => tenants.whereNot({ plan: ['free', null] })],
    ['none of an empty array', (tenants) => tenants.whereNot({ seats: [] })],
    ['not no condition', (tenants) => tenants.whereNot({})],
    ['both', (tenants) => tenants.where({ plan: ['free', 'paid'] }).whereNot({ active: true })],
    ['a text with quotes', (tenants) => tenants.where({ plan: "free' or '1' = '1" })],
    ['a limit', (tenants) => tenants.where({ plan: 'free' }).limit(4)],
    ['a limit before a condition', (tenants) => tenants.limit(4).where({ plan: 'free' })],
    ['the smallest of several limits', (tenants) => tenants.limit(5).limit(3).limit(9)],
    ['a limit of whole pages', (tenants) => tenants.limit(6)],
    ['a limit of nothing', (tenants) => tenants.limit(0)],
  ])('are narrowed down by %s as they would be in memory', async (_, narrow) => {
    const ids = async (source: TenantSource) => (await narrow(source).all()).map(({ id }) => id)
    const inMemory = await ids(tenantSource(rowsOf(60)))
    expect(await ids(tenantTable(connect, { pageSize: 3 }))).toEqual(inMemory)
  })

  it('may stand in any table under any column', async () => {
    const source = tenantTable(connect, { table: 'big "Names"', id: 'Key', pageSize: 2 })
    const tenants = await source.all()
    expect(new Set(tenants.map(({ id }) => id))).toEqual(new Set(['a', 'b', 'ä', "o'clock"]))
    expect(tenants[0]).toMatchObject({ id: tenants[0]?.Key })
    expect(
      (
        await source
          .whereNot({ Key: ['a', 'b'] })
          .where({ plan: null })
          .all()
      )
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["o'clock", 'ä'].sort())
  })

  it('are said to be unreadable where the table is missing, with what to do; the client is closed', async () => {
    told.length = 0
    await expect(tenantTable(watched, { table: 'customers' }).all()).rejects.toMatchObject({
      code: 'TENANTS_TABLE',
      message: expect.stringMatching(missingTable),
      hint: expect.stringContaining('create the table'),
    })
    expect(told.at(-1)).toBe('close')
  })

  it('are said to be unreadable where a column is missing', async () => {
    await expect(tenantTable(connect).where({ plam: 'free' }).all()).rejects.toMatchObject({
      code: 'TENANTS_TABLE',
      message: expect.stringMatching(missingColumn),
      hint: expect.stringContaining('the columns that the tenants are narrowed down by'),
    })
  })

  it('close their client when nobody wants the rest', async () => {
    told.length = 0
    for await (const _ of tenantTable(watched)) break
    expect(told).toEqual([expect.any(String), 'close'])
  })
})
