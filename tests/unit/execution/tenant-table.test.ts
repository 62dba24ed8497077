import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { tenantTable } from '../../../runtime/execution/tenant-table.ts'
import { createDatabaseClient } from '../../../templates/workspace/src/backend/db/connection.ts'
import { makeWorkspace } from '../../support/workspace.ts'

function databaseWith(count: number): string {
  const path = makeWorkspace().path('tenants.sqlite')
  const database = new Database(path)
  database.exec('create table tenants (id integer primary key, plan text, active integer)')
  const insert = database.prepare('insert into tenants (id, plan, active) values (?, ?, ?)')
  database.transaction(() => {
    for (let id = 1; id <= count; id++) insert.run(id, id % 3 === 0 ? null : id % 3 === 1 ? 'free' : 'paid', id % 2)
  })()
  database.close()
  return `file://${path}`
}

describe('the tenants in a table', () => {
  it('are read page by page, each with a client that is closed at the end', async () => {
    const url = databaseWith(1201)
    const told: string[] = []
    const source = tenantTable(() => {
      const client = createDatabaseClient(url)
      return {
        query: (sql, parameters) => {
          told.push(sql)
          return client.query(sql, parameters as never)
        },
        close: () => {
          told.push('close')
          return client.close()
        },
      }
    })
    const ids: unknown[] = []
    for await (const { id } of source) ids.push(id)
    expect(ids).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1))
    expect(told).toHaveLength(4)
    expect(told.at(-1)).toBe('close')
  })

  it('are narrowed down in the database as they would be in memory', async () => {
    const url = databaseWith(12)
    const tenants = tenantTable(() => createDatabaseClient(url), { pageSize: 2 })
    const ids = async (source: typeof tenants) => (await source.all()).map(({ id }) => id)
    expect(await ids(tenants.where({ active: true, plan: 'free' }))).toEqual([1, 7])
    expect(await ids(tenants.where({ plan: ['free', 'paid'] }).whereNot({ active: true }))).toEqual([2, 4, 8, 10])
    expect(await ids(tenants.where({ plan: null }))).toEqual([3, 6, 9, 12])
    expect(await ids(tenants.whereNot({ plan: 'free' }).limit(3))).toEqual([2, 3, 5])
    expect(await ids(tenants.where({ plan: [] }))).toEqual([])
  })

  it('are said to be unreadable where the table is missing, with what to do; the client is closed', async () => {
    let isClosed = false
    const url = databaseWith(0)
    const tenants = tenantTable(
      () => {
        const client = createDatabaseClient(url)
        return {
          query: (sql, parameters) => client.query(sql, parameters as never),
          close: async () => {
            isClosed = true
            await client.close()
          },
        }
      },
      { table: 'customers' },
    )
    await expect(tenants.all()).rejects.toMatchObject({
      code: 'TENANTS_TABLE',
      message: expect.stringMatching(/can't be read from the table "customers": .*no such table/),
      hint: expect.stringContaining('create the table'),
    })
    expect(isClosed).toBe(true)
  })

  it('close their client when nobody wants the rest', async () => {
    const url = databaseWith(10)
    let closed = 0
    const tenants = tenantTable(() => {
      const client = createDatabaseClient(url)
      return { query: (sql, parameters) => client.query(sql, parameters as never), close: () => void closed++ }
    })
    for await (const _ of tenants) break
    expect(closed).toBe(1)
  })
})
