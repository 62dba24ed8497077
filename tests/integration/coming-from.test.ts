import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { acquireJobLock, defineJob, openStore, tenantTable } from '../../runtime/index.ts'
import { createTestScheduler, TestClock } from '../../runtime/testing/index.ts'
import { createDatabaseClient } from '../../templates/workspace/src/backend/db/connection.ts'
import { makeWorkspace, ROOT } from '../support/workspace.ts'

/** The rows of docs/coming-from.md: the file of a test, and how its name goes on. */
function documentedTests(): { file: string; name: string }[] {
  const text = readFileSync(join(ROOT, 'docs/coming-from.md'), 'utf8')
  return text.split('\n').flatMap((line) => {
    const [, file, name] = /\| `([\w/-]+)`: ([^|]+) \|$/.exec(line) ?? []
    return file === undefined || name === undefined ? [] : [{ file, name }]
  })
}

function sourceOf(file: string): string | undefined {
  const path = ['unit', 'conformance', 'integration']
    .map((kind) => join(ROOT, 'tests', kind, `${file}.test.ts`))
    .find(existsSync)
  return path === undefined ? undefined : readFileSync(path, 'utf8').replaceAll("\\'", "'")
}

describe('docs/coming-from.md', () => {
  it('names a test for every row', () => {
    const text = readFileSync(join(ROOT, 'docs/coming-from.md'), 'utf8')
    const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| there'))
    expect(rows.length).toBeGreaterThanOrEqual(25)
    expect(documentedTests()).toHaveLength(rows.length)
  })

  it.each(documentedTests())('$file has the test "$name"', ({ file, name }) => {
    expect(sourceOf(file)).toContain(name)
  })
})

const MIDNIGHT = Date.parse('2026-03-01T00:00:00Z') / 1000

describe('from a framework with a cron bot', () => {
  it('an object with meta, own properties and arguments', async () => {
    const seen: unknown[] = []
    const job = defineJob({
      meta() {
        this.schedule('0 * * * *', 'hourly-cleanup', { deep: true })
      },
      batchSize: 100,
      run(...args: unknown[]) {
        seen.push([this.batchSize, ...args])
      },
    })
    const test = await createTestScheduler({ jobs: [{ name: 'cleanup', job }] })
    await test.advance('1h')
    await test.stop()
    expect(seen).toEqual([[100, 'hourly-cleanup', { deep: true }]])
  })

  it('is for one tenant at a time only where it says so', async () => {
    const seen: unknown[] = []
    const job = defineJob({
      run() {
        seen.push(this.tenant)
      },
    })
    const tenants = ['a', 'b']
    const test = await createTestScheduler({
      jobs: [
        { name: 'one', job },
        { name: 'each', multiTenant: true, job },
      ],
      tenants,
    })
    await test.runJob('one')
    await test.runJob('each')
    await test.stop()
    expect(seen).toEqual([undefined, 'a', 'b'])
  })

  it('this.database is the SQL client of the workspace', async () => {
    const url = `file://${makeWorkspace().path('dev.sqlite')}`
    const job = defineJob({
      async run() {
        await this.database.execute('create table users (id integer primary key, name text)')
        const { changes } = await this.database.execute('insert into users (name) values (?), (?)', ['ada', 'alan'])
        const rows = await this.database.query<{ name: string }>('select name from users where id in (?)', [[1, 2]])
        seen.push(changes, ...rows.map(({ name }) => name))
      },
    })
    const seen: unknown[] = []
    const database = () => createDatabaseClient(url)
    const test = await createTestScheduler({ jobs: [{ name: 'users', job }], database })
    await test.runJob('users')
    await test.stop()
    expect(seen).toEqual([2, 'ada', 'alan'])
    expect((await tenantTable(() => createDatabaseClient(url), { table: 'users' }).all()).map(({ id }) => id)).toEqual([
      1, 2,
    ])
  })

  it('schedules are in UTC unless they name a zone', async () => {
    const test = await createTestScheduler({
      now: '2026-03-01T00:00:00Z',
      jobs: [
        { name: 'utc', schedule: '0 12 * * *', run: () => {} },
        { name: 'tokyo', schedule: '0 12 * * *', timezone: 'Asia/Tokyo', run: () => {} },
      ],
    })
    const jobs = await test.scheduler.jobs()
    await test.stop()
    expect(jobs.map(({ name, next }) => [name, next])).toEqual([
      ['utc', '2026-03-01T12:00:00.000Z'],
      ['tokyo', '2026-03-01T03:00:00.000Z'],
    ])
  })
})

describe('from locks in the database', () => {
  it('acquireJobLock takes the lock, or says why not', async () => {
    const store = await openStore(`file:${makeWorkspace().path('jobs.sqlite')}`)
    const first = await acquireJobLock(store, 'sync')
    const second = await acquireJobLock(store, 'sync')
    expect(first.acquired).toBe(true)
    expect(second).toMatchObject({
      acquired: false,
      cause: 'locked',
      reason: expect.stringContaining('sync is running since'),
    })
    if (first.acquired) await first.execution.succeed()
    const third = await acquireJobLock(store, 'sync')
    expect(third.acquired).toBe(true)
    if (third.acquired) await third.execution.succeed()
    await store.close()
  })

  it('preCheck skips what is done for this period', async () => {
    const store = await openStore(`file:${makeWorkspace().path('jobs.sqlite')}`)
    const once = () =>
      acquireJobLock(store, 'sync', {
        preCheck: async (transaction) => {
          const done = await transaction.query(`select id from job_execution where job = ? and status = 'SUCCESS'`, [
            'sync',
          ])
          return done.length > 0 ? { skip: true, reason: 'Already completed for this period' } : { skip: false }
        },
      })
    const first = await once()
    if (first.acquired) await first.execution.succeed()
    expect(await once()).toMatchObject({
      acquired: false,
      cause: 'pre-check',
      reason: expect.stringContaining('Already completed for this period'),
    })
    expect((await store.executions({})).map(({ status }) => status).sort()).toEqual(['SKIPPED', 'SUCCESS'])
    await store.close()
  })

  it('every outcome is a row with its status', async () => {
    const store = await openStore(`file:${makeWorkspace().path('jobs.sqlite')}`)
    for (const [job, end] of [
      ['good', null],
      ['bad', new Error('no')],
    ] as const) {
      const lock = await acquireJobLock(store, job)
      expect(await store.executions({ jobs: [job] })).toMatchObject([{ status: 'RUNNING' }])
      if (lock.acquired) await (end === null ? lock.execution.succeed() : lock.execution.fail(end))
    }
    const rows = await store.executions({})
    expect(rows.map(({ job, status, error }) => [job, status, error?.message]).sort()).toEqual([
      ['bad', 'FAILURE', 'no'],
      ['good', 'SUCCESS', undefined],
    ])
    await store.close()
  })

  it("a stale lock doesn't hold, a long job's does", async () => {
    const url = `file:${makeWorkspace().path('jobs.sqlite')}`
    const [alive, dead, other] = await Promise.all([openStore(url), openStore(url), openStore(url)])
    const clock = new TestClock(MIDNIGHT * 1000)
    const long = await acquireJobLock(alive, 'long', { clock, staleAfter: '30s' })
    // A process that was killed: it took the lock and gives no sign of life.
    const stopped = new TestClock(MIDNIGHT * 1000)
    await acquireJobLock(dead, 'killed', { clock: stopped, staleAfter: '30s' })
    await clock.advance(3_600_000)
    expect(await acquireJobLock(other, 'long', { clock, staleAfter: '30s' })).toMatchObject({ acquired: false })
    // A silent holder may be one that the store didn't hear: it is watched for `staleAfter` first.
    const taking = acquireJobLock(other, 'killed', { clock, staleAfter: '30s' })
    await clock.advance(31_000)
    const taken = await taking
    expect(taken.acquired).toBe(true)
    if (taken.acquired) await taken.execution.succeed()
    if (long.acquired) await long.execution.succeed()
    await Promise.all([alive.close(), dead.close(), other.close()])
  })

  it('"now" in double quotes is not a string to libsql', () => {
    const database = new Database(':memory:')
    expect(() => database.prepare('select datetime("now")').get()).toThrow(/no such column: "?now/)
    expect(database.prepare(`select datetime('now') as at`).get()).toMatchObject({
      at: expect.stringMatching(/^\d{4}-/),
    })
    database.close()
  })
})
