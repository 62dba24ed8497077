import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { locateStore } from '../../runtime/store/url.ts'
import { createDatabaseClient, type DatabaseClient } from '../../templates/workspace/src/backend/db/connection.ts'
import { bind } from '../../templates/workspace/src/backend/db/placeholders.ts'
import { sqlitePath } from '../../templates/workspace/src/backend/db/sqlite-path.ts'
import { nodeSqliteMissing } from '../support/node-sqlite.ts'
import { testDatabase } from '../support/postgres.ts'
import { makeWorkspace } from '../support/workspace.ts'

const openFile = async () => ({
  url: `file://${makeWorkspace({ packageJson: null }).path('data/deep/test.sqlite')}`,
  release: async () => {},
})
const missing = nodeSqliteMissing()
if (missing !== null) console.log(`skipped: the database client with node:sqlite; ${missing}`)
const databases = [
  { dialect: 'SQLite', driver: 'libsql', open: openFile },
  ...(missing === null ? [{ dialect: 'SQLite', driver: 'node', open: openFile }] : []),
  { dialect: 'PostgreSQL', driver: 'pg', open: testDatabase },
]

describe.each(databases)(
  'the database client of a workspace, with $dialect through $driver',
  ({ dialect, driver, open }) => {
    beforeAll(() => void vi.stubEnv('JOBS_SQLITE_DRIVER', driver))
    afterAll(() => void vi.unstubAllEnvs())

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
  },
)

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

  it.runIf(process.platform === 'linux')(
    'fails where a folder can not be made, and does not hang in /proc',
    async () => {
      const client = createDatabaseClient('file:/proc/none/deep/test.sqlite')
      await expect(client.query('select 1')).rejects.toThrow(/ENOENT/)
    },
  )

  it('takes a relative path from the workspace, whatever the current folder', async () => {
    const folder = 'src/backend'
    const template = join(import.meta.dirname, '..', '..', 'templates', 'workspace')
    const names = readdirSync(join(template, folder, 'db'))
    const files = Object.fromEntries(
      names.map((name) => [`${folder}/db/${name}`, readFileSync(join(template, folder, 'db', name), 'utf8')]),
    )
    // As in a build, which has a package.json of its own.
    const workspace = makeWorkspace({ files: { ...files, 'src/backend/package.json': '{}' }, linked: true })
    const module: { createDatabaseClient: typeof createDatabaseClient } = await import(
      pathToFileURL(workspace.path(`${folder}/db/connection.ts`)).href
    )
    const client = module.createDatabaseClient()
    await client.execute('create table t (a)')
    await client.close()
    expect(workspace.read('data/dev.sqlite').startsWith('SQLite format 3')).toBe(true)
  })
})

describe('a SQLite URL of a workspace', () => {
  const root = makeWorkspace({ packageJson: null }).root
  const within = (path: string): string => join(root, path)
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it.each([
    ['file:./data/x.sqlite', within('data/x.sqlite')],
    ['file:data/x.sqlite', within('data/x.sqlite')],
    ['file://data/x.sqlite', within('data/x.sqlite')],
    ['FILE:./x.sqlite?mode=ro', within('x.sqlite')],
    ['sqlite:./x.sqlite', within('x.sqlite')],
    ['sqlite://x.sqlite', within('x.sqlite')],
    ['./x.sqlite', within('x.sqlite')],
    ['x.sqlite', within('x.sqlite')],
    ['file:///srv/a%20b.sqlite', '/srv/a b.sqlite'],
    ['/srv/x.sqlite', '/srv/x.sqlite'],
    ['~/x.sqlite', join(homedir(), 'x.sqlite')],
  ])('%s is read as that of the store is', (url, path) => {
    vi.stubEnv('WORKSPACE_ROOT', root)
    expect(sqlitePath(url)).toBe(path)
    expect(locateStore(url, { workspace: root })).toMatchObject({ dialect: 'sqlite', path })
  })

  it('is relative to WEBSTIR_WORKSPACE_ROOT where WORKSPACE_ROOT is blank', () => {
    vi.stubEnv('WORKSPACE_ROOT', ' ')
    vi.stubEnv('WEBSTIR_WORKSPACE_ROOT', root)
    expect(sqlitePath('file:./x.sqlite')).toBe(within('x.sqlite'))
  })

  it.each([':memory:', 'file::memory:', 'memory:'])('%s is a database in memory', (url) => {
    expect(sqlitePath(url)).toBe(':memory:')
  })
})

describe("SQLite's rule for double quotes", () => {
  const client = createDatabaseClient(makeWorkspace({ packageJson: null }).path('test.sqlite'))
  beforeAll(async () => {
    await client.execute('create table person (id integer, name text, "order" text)')
    await client.execute(`insert into person values (1, 'Ada', 'name'), (2, 'O''Neil', 'x')`)
  })
  afterAll(() => client.close())

  it('takes a name that is no column for a string', async () => {
    expect(await client.query('select datetime("now") is not null as is_set')).toEqual([{ is_set: 1 }])
    expect(await client.query(`select id from person where name = "O'Neil"`)).toEqual([{ id: 2 }])
    expect(await client.query('select "a ""b""" as x')).toEqual([{ x: 'a "b"' }])
    expect(await client.query('select "one" as a, "two" as b, "one" as c')).toEqual([{ a: 'one', b: 'two', c: 'one' }])
    expect(await client.execute('update person set name = "Ada" where id = ?', [1])).toEqual({ changes: 1 })
  })

  it('leaves a name that is a column what it is', async () => {
    expect(await client.query('select "name" from person where "order" = "x"')).toEqual([{ name: "O'Neil" }])
    expect(await client.query('select "order" from person where name = "Ada"')).toEqual([{ order: 'name' }])
    // The same name, once a column and once not: the second half has no table.
    const sql = 'select "name" as n from person where id = 1 union all select "name" as n'
    expect(await client.query(sql)).toEqual([{ n: 'Ada' }, { n: 'name' }])
  })

  it.each([
    ['select p."missing" from person p', 'no such column: p.missing'],
    ['select missing from person', 'no such column: missing'],
    ['select missing, "missing" from person', 'no such column: missing'],
    ['update person set "missing" = 1', 'no such column: missing'],
    [`select 'it is "missing"', missing`, 'no such column: missing'],
  ])('refuses %s', async (sql, message) => {
    await expect(client.query(sql)).rejects.toThrow(message)
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
