import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabaseClient, type DatabaseClient } from '../../templates/workspace/src/backend/db/connection.ts'
import { bind } from '../../templates/workspace/src/backend/db/placeholders.ts'
import { testDatabase } from '../support/postgres.ts'
import { makeWorkspace } from '../support/workspace.ts'

const databases = [
  {
    dialect: 'SQLite',
    open: async () => ({
      url: `file://${makeWorkspace({ packageJson: null }).path('data/deep/test.sqlite')}`,
      release: async () => {},
    }),
  },
  { dialect: 'PostgreSQL', open: testDatabase },
]

describe.each(databases)('the database client of a workspace, with $dialect', ({ dialect, open }) => {
  let client: DatabaseClient
  let release: () => Promise<void>
  let url: string

  beforeAll(async () => {
    const database = await open()
    ;({ url, release } = database)
    client = createDatabaseClient(url)
    await client.execute('create table item (id integer primary key, name text, done integer, at text)')
    for (const [id, name] of [
      [1, 'one'],
      [2, 'two'],
      [3, null],
    ] as const) {
      expect(await client.execute('insert into item (id, name) values (?, ?)', [id, name])).toEqual({ changes: 1 })
    }
  })
  afterAll(async () => {
    await client.close()
    await release()
  })

  const ids = async (where: string, parameters: Parameters<DatabaseClient['query']>[1]): Promise<number[]> => {
    const rows = await client.query<{ id: number }>(`select id from item where ${where} order by id`, parameters)
    return rows.map(({ id }) => id)
  }

  it('fills placeholders in their order', async () => {
    expect(await ids('id > ? and id < ?', [1, 3])).toEqual([2])
    expect(await client.query('select name from item where id = ?', [3])).toEqual([{ name: null }])
  })

  it('expands an array inside of in (?)', async () => {
    expect(await ids('id in (?)', [[1, 3]])).toEqual([1, 3])
    expect(await ids('id > ? and id IN ( ? ) and id < ?', [0, [2, 3], 3])).toEqual([2])
    expect(await ids('id not in (?)', [[1, 3]])).toEqual([2])
    expect(await ids('name in (?)', [['one', 'two; drop table item']])).toEqual([1])
    expect(await ids('id in (?)', [2])).toEqual([2])
  })

  it('matches nothing with an empty array, and everything with its opposite', async () => {
    expect(await ids('id in (?)', [[]])).toEqual([])
    expect(await ids('name in (?)', [[]])).toEqual([])
    expect(await ids('id not in (?)', [[]])).toEqual([1, 2, 3])
    expect(await ids('id > ? and id not in (?) and id < ?', [1, [], 3])).toEqual([2])
  })

  it('leaves question marks in quotes and comments alone', async () => {
    const sql = `select '?''?' as a, "name" as "b?" from item /* ? */ where id = ? -- is it? "yes'
      and '?' <> ?`
    expect(await client.query(sql, [1, 'x'])).toEqual([{ a: "?'?", 'b?': 'one' }])
  })

  it('says how many rows a statement changed', async () => {
    expect(await client.execute('update item set done = ? where id in (?)', [1, [1, 2]])).toEqual({ changes: 2 })
    expect(await client.execute('delete from item where id = ?', [99])).toEqual({ changes: 0 })
    const rows = await client.query<{ id: number }>('update item set done = ? where id > ? returning id', [0, 1])
    expect(rows.map(({ id }) => id).sort()).toEqual([2, 3])
  })

  it('gives NULL for null and undefined, and takes booleans and dates', async () => {
    await client.execute('insert into item (id, name, at) values (?, ?, ?)', [10, undefined, new Date(0)])
    const [row] = await client.query<{ name: unknown; at: string }>('select name, at from item where id = ?', [10])
    expect(row?.name).toBeNull()
    expect(new Date(row?.at ?? '').getTime()).toBe(0)
    await client.execute('delete from item where id = ?', [10])
    if (dialect === 'SQLite')
      expect(await client.query('select ? as yes, ? as no', [true, false])).toEqual([{ yes: 1, no: 0 }])
    else expect(await client.query('select ?::boolean as yes', [true])).toEqual([{ yes: true }])
  })

  it('refuses a number of parameters that is not that of the placeholders', async () => {
    await expect(client.query('select ?', [])).rejects.toThrow('1 placeholders and was given 0 parameters')
    await expect(client.query('select 1', [1])).rejects.toThrow('0 placeholders and was given 1 parameters')
  })

  it('goes on after a statement that failed', async () => {
    await expect(client.query('select * from nothing')).rejects.toThrow(/nothing/)
    expect(await ids('id = ?', [1])).toEqual([1])
  })

  it('is closed for good by close(), twice is fine', async () => {
    const other = createDatabaseClient(url)
    await other.query('select 1')
    await other.close()
    await other.close()
    await expect(other.query('select 1')).rejects.toThrow('the database client is closed')
    await createDatabaseClient(url).close()
  })
})

describe('the database client of a workspace', () => {
  it("refuses an array outside of in (?) in SQLite, and keeps it PostgreSQL's array there", async () => {
    const client = createDatabaseClient(':memory:')
    await expect(client.query('select ?', [[1]])).rejects.toThrow('an array outside of "in (?)"')
    await client.close()
    expect(bind('x = any(?)', [[1, 2]], 'postgres')).toEqual({ sql: 'x = any($1)', parameters: [[1, 2]] })
  })

  it('says which URLs it knows, without the password', async () => {
    await expect(createDatabaseClient('mysql://me:secret@host/db').query('select 1')).rejects.toThrow(
      'DATABASE_URL must begin with file: or postgres:, and is "mysql://host/db"',
    )
  })

  it('takes a relative path from the workspace, whatever the current folder', async () => {
    const folder = 'src/backend'
    const template = join(import.meta.dirname, '..', '..', 'templates', 'workspace')
    const names = ['env.ts', 'db/connection.ts', 'db/sqlite.ts', 'db/postgres.ts', 'db/placeholders.ts']
    const files = Object.fromEntries(
      names.map((name) => [`${folder}/${name}`, readFileSync(join(template, folder, name), 'utf8')]),
    )
    const workspace = makeWorkspace({ files, linked: true })
    const module: { createDatabaseClient: typeof createDatabaseClient } = await import(
      pathToFileURL(workspace.path(`${folder}/db/connection.ts`)).href
    )
    const client = module.createDatabaseClient()
    await client.execute('create table t (a)')
    await client.close()
    expect(workspace.read('data/dev.sqlite').startsWith('SQLite format 3')).toBe(true)
  })
})

describe('placeholders', () => {
  const sqlOf = (sql: string, parameters: readonly unknown[] = []) => bind(sql, parameters.map(String), 'postgres').sql

  it.each([
    ["select e'it\\'s ?' || ?", [1], "select e'it\\'s ?' || $1"],
    ["select 'it''s ?' || ?", [1], "select 'it''s ?' || $1"],
    ['select $$ ? $$ || $tag$ ? $$ $tag$ || ?', [1], 'select $$ ? $$ || $tag$ ? $$ $tag$ || $1'],
    ['select /* ? /* ? */ ? */ ?', [1], 'select /* ? /* ? */ ? */ $1'],
    ["select data ?? 'key', data ??| ?, data ??& ?", [1, 2], "select data ? 'key', data ?| $1, data ?& $2"],
    ['select "a?""b" from t where a = ?', [1], 'select "a?""b" from t where a = $1'],
    ['select a[?], min (?), within (?)', [1, 2, 3], 'select a[$1], min ($2), within ($3)'],
    ["select 'open ?", [], "select 'open ?"],
  ])('of PostgreSQL: %j', (sql, parameters, expected) => {
    expect(sqlOf(sql, parameters)).toBe(expected)
  })

  it('of SQLite leave names in brackets and backticks alone', () => {
    expect(bind('select [a?], `b?` from t where c = ? /* ? */', [1], 'sqlite').parameters).toEqual([1])
  })
})
