import { fork } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openHeartbeat } from '../../../../runtime/store/heartbeat-connection.ts'
import { openStore } from '../../../../runtime/store/open.ts'
import { sqliteBinding } from '../../../../runtime/store/sqlite-binding.ts'
import { fireOf, minute, Node, T0 } from '../../../conformance/fixtures.ts'
import { nodeSqliteMissing, type SqliteClass, sqliteClass } from '../../../support/node-sqlite.ts'

const missing = nodeSqliteMissing()
if (missing !== null) console.log(`skipped: the driver over node:sqlite; ${missing}`)

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webstir-sqlite-'))
  path = join(folder, 'data', 'jobs.sqlite')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe.each(missing === null ? ['libsql', 'node'] : ['libsql'])('SQLite through %s', (driver) => {
  // The same library as the store's: two of them in one process don't see each other's locks.
  const Database: SqliteClass = sqliteClass(driver)
  beforeAll(() => void vi.stubEnv('JOBS_SQLITE_DRIVER', driver))
  afterAll(() => void vi.unstubAllEnvs())

  it('the folder of the file is made, and what was written is there after a restart', async () => {
    const first = await openStore(`file:${path}`)
    await first.pause('a', 'ann', null, T0)
    await first.close()
    expect(await readdir(join(folder, 'data'))).toContain('jobs.sqlite')
    const second = await openStore('file:./data/jobs.sqlite', { workspace: folder })
    expect(await second.pauses()).toMatchObject([{ job: 'a' }])
    expect(second.url).toBe(`file:${path}`)
    await second.close()
  })

  it('closing leaves no long log for others to read through, and loses nothing where others still read', async () => {
    const store = await openStore(`file:${path}`)
    for (let round = 0; round < 300; round++) await store.pause(`job-${round}`, 'ann', 'x'.repeat(2000), T0)
    const other = new Database(path)
    other.exec('begin')
    other.prepare('select count(*) from job_pause').get()
    const log = (): number => statSync(`${path}-wal`).size
    const long = log()
    await store.close()
    expect(log()).toBe(long)
    other.exec('rollback')
    const again = await openStore(`file:${path}`)
    expect(await again.pauses()).toHaveLength(300)
    await again.close()
    expect(log()).toBe(0)
    expect(long).toBeGreaterThan(1_000_000)
    expect(other.prepare('select count(*) as n from job_pause').get()).toMatchObject({ n: 300 })
  })

  it('a database that somebody else keeps locked is waited for, with the event loop free, then given up', async () => {
    const store = await openStore(`file:${path}`, { busyLimit: 200 })
    const other = new Database(path)
    other.exec('begin immediate')
    let turns = 0
    let isWaiting = true
    const turn = (): void => {
      turns++
      if (isWaiting) setImmediate(turn)
    }
    turn()
    await expect(store.pause('a', 'ann', null, T0)).rejects.toMatchObject({
      code: 'STORE_BUSY',
      hint: expect.stringContaining('transaction'),
    })
    isWaiting = false
    expect(turns).toBeGreaterThan(50)
    expect(await store.pauses()).toEqual([])
    const later = store.pause('a', 'ann', null, T0)
    other.exec('commit')
    other.close()
    await later
    expect(await store.pauses()).toHaveLength(1)
    await store.close()
  })

  it('a file that is no database is named', async () => {
    await writeFile(join(folder, 'x.sqlite'), 'certainly not a database, but long enough to look at'.repeat(50))
    const opening = openStore(`file:${join(folder, 'x.sqlite')}`)
    await expect(opening).rejects.toMatchObject({ code: 'STORE_CORRUPT', message: expect.stringContaining('x.sqlite') })
  })

  it('a folder that cannot be made is named', async () => {
    await writeFile(join(folder, 'data'), 'a file where the folder should be')
    await expect(openStore(`file:${path}`)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('a path that is a folder is named', async () => {
    await expect(openStore(`file:${folder}`)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('a full database is said, and the store works again once there is room', async () => {
    const store = await openStore(`file:${path}`)
    const tooMuch = store.transaction({ job: 'a', tenant: '', limit: 5000 }, async (tx) => {
      await tx.query('pragma max_page_count = 60')
      await tx.execute('create table big (text text)')
      for (let n = 0; n < 100; n++) await tx.execute('insert into big values (?)', ['x'.repeat(10_000)])
    })
    await expect(tooMuch).rejects.toMatchObject({ code: 'STORE_FULL' })
    await store.pause('a', 'ann', null, T0)
    expect(await store.pauses()).toHaveLength(1)
    await store.close()
  })

  it('a store of a newer program is refused', async () => {
    await (await openStore(`file:${path}`)).close()
    const database = new Database(path)
    database.exec(`insert into job_migration values (999, 'of the future', 0)`)
    database.close()
    await expect(openStore(`file:${path}`)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
      message: expect.stringContaining('version 999'),
    })
  })

  it('tables that are behind are refused where migrating is not allowed', async () => {
    await expect(openStore(`file:${path}`, { migrate: false })).rejects.toMatchObject({
      code: 'STORE_TOO_OLD',
      hint: expect.stringContaining('webstir migrate'),
    })
  })

  it('many that open a new store at once migrate it once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(`file:${path}`)))
    await Promise.all(stores.map((store) => store.close()))
    const database = new Database(path)
    expect(database.prepare('select version, name from job_migration').all()).toEqual([
      { version: 1, name: 'tables' },
      { version: 2, name: 'open and history' },
    ])
    database.close()
  })

  it('a beat of its own keeps executions alive', async () => {
    const store = await openStore(`file:${path}`)
    const node = new Node(store, 'n')
    await node.register()
    const run = await node.at(T0 + minute).run('a', T0 + minute)
    const heartbeat = await openHeartbeat(store.target ?? '')
    await heartbeat.heartbeat('n', T0 + 2 * minute)
    await heartbeat.close()
    expect(await store.execution(run.id)).toMatchObject({ heartbeatAt: T0 + 2 * minute })
    expect(await store.nodes()).toMatchObject([{ heartbeatAt: T0 + 2 * minute }])
    await store.close()
  })

  it('a process that is killed between two statements leaves nothing half done', async () => {
    await (await openStore(`file:${path}`)).close()
    const script = join(folder, 'victim.cjs')
    await writeFile(
      script,
      `const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('libsql'))})
     const database = new Database(${JSON.stringify(path)})
     database.exec("begin immediate; insert into job_pause (job, paused, since, changed_by, past) values ('a', 1, 0, 'victim', '[]')")
     process.send('inside')
     setInterval(() => {}, 1000)`,
    )
    const victim = fork(script)
    await new Promise((resolve) => victim.once('message', resolve))
    const ended = new Promise((resolve) => victim.once('exit', resolve))
    victim.kill('SIGKILL')
    await ended
    const store = await openStore(`file:${path}`)
    expect(await store.pauses()).toEqual([])
    expect(await new Node(store, 'n').at(T0).outcomes([fireOf('a', T0)])).toEqual(['a: running'])
    await store.close()
  })
})

it.skipIf(missing !== null)('reads and writes through one driver what the other one wrote', async () => {
  // given
  const through = (driver: string) => openStore(`file:${path}`, { env: { JOBS_SQLITE_DRIVER: driver } })
  const libsql = await through('libsql')
  const run = await new Node(libsql, 'n').at(T0 + minute).run('a', T0 + minute, { args: ['ä', 1.5, null] })
  await libsql.close()
  // when
  const node = await through('node')
  const read = await node.execution(run.id)
  await new Node(node, 'n').at(T0 + 2 * minute).end(run)
  await node.close()
  // then
  expect(read).toEqual(run)
  const again = await through('libsql')
  expect(await again.execution(run.id)).toMatchObject({ status: 'SUCCESS', finishedAt: T0 + 2 * minute })
  await again.close()
})

it('chooses the driver by the version of Node, unless the environment says which', () => {
  expect(['20.19.0', '22.23.0', '24.14.9'].map((version) => sqliteBinding(undefined, version))).toEqual(
    Array(3).fill('libsql'),
  )
  expect(['24.15.0', '25.0.0', '26.1.0'].map((version) => sqliteBinding('', version))).toEqual(Array(3).fill('node'))
  expect(sqliteBinding('libsql', '26.1.0')).toBe('libsql')
  expect(() => sqliteBinding('sqlite3', '26.1.0')).toThrow(/JOBS_SQLITE_DRIVER is "sqlite3"/)
})
