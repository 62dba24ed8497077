import { describe, expect, it } from 'vitest'
import { defineJob, type JobThis } from '../../../runtime/job/job-object.ts'
import { createTestScheduler } from '../../../runtime/testing/index.ts'

type Seen = Record<string, unknown>

describe('a job as an object', () => {
  it('gets the context, its own properties and its arguments', async () => {
    const seen: Seen[] = []
    const job = defineJob({
      batchSize: 100,
      async run(kind: string, options: { deep: boolean }) {
        seen.push({
          kind,
          deep: options.deep,
          size: this.batchSize,
          job: this.job,
          args: this.args,
          tenant: this.tenant,
        })
      },
    })
    const test = await createTestScheduler({ jobs: [{ name: 'sync', job }] })
    await test.runJob('sync', 'hourly', { deep: true })
    await test.stop()
    expect(seen).toEqual([
      { kind: 'hourly', deep: true, size: 100, job: 'sync', args: ['hourly', { deep: true }], tenant: undefined },
    ])
  })

  it('has a `this` of its own in each execution, down to the last array', async () => {
    const seen: Seen[] = []
    const job = {
      count: 0,
      nested: { list: [1] },
      seenIds: new Set<string>(),
      run(this: JobThis & { count: number; nested: { list: number[] }; seenIds: Set<string>; extra?: string }) {
        seen.push({ count: this.count, list: [...this.nested.list], ids: this.seenIds.size, extra: this.extra })
        this.count++
        this.nested.list.push(2)
        this.seenIds.add(this.executionId)
        this.extra = 'left behind'
      },
    }
    const test = await createTestScheduler({ jobs: [{ name: 'sync', job }] })
    await test.runJob('sync')
    await test.runJob('sync')
    await test.stop()
    const fresh = { count: 0, list: [1], ids: 0, extra: undefined }
    expect(seen).toEqual([fresh, fresh])
    expect(job).toMatchObject({ count: 0, nested: { list: [1] } })
  })

  it('shares instances of classes and keeps what an object inherits', async () => {
    class Client {
      name = 'client'
      hello(): string {
        return `hello from ${this.name}`
      }
    }
    class Job {
      client = new Client()
      said = ''
      greeting(): string {
        return this.client.hello()
      }
      run(): void {
        heard.push(this.greeting())
      }
    }
    const heard: string[] = []
    const test = await createTestScheduler({ jobs: [{ name: 'greet', job: new Job() }] })
    await test.runJob('greet')
    await test.stop()
    expect(heard).toEqual(['hello from client'])
  })

  it("does not hand one fire's changed arguments to the next", async () => {
    const seen: unknown[] = []
    const job = defineJob({
      meta() {
        this.schedule('* * * * *', { pages: [1] })
      },
      run(options: { pages: number[] }) {
        seen.push(structuredClone(options))
        options.pages.push(2)
      },
    })
    const test = await createTestScheduler({ jobs: [{ name: 'sync', job }] })
    await test.advance('2m')
    await test.stop()
    expect(seen).toEqual([{ pages: [1] }, { pages: [1] }])
  })

  it('may open the log and the database only when it uses them', async () => {
    let opened = 0
    const test = await createTestScheduler({
      jobs: [{ name: 'idle', job: { run: () => {} } }],
      database: () => {
        opened++
        throw new Error('not wanted')
      },
    })
    await test.runJob('idle')
    await test.stop()
    expect(opened).toBe(0)
  })
})

describe("a job's database", () => {
  const fakeDatabase = (told: string[]) => () => {
    told.push('open')
    return {
      query: async () => [],
      execute: async () => ({ changes: 1 }),
      close: async () => void told.push('close'),
    }
  }

  it('is opened on first use, once, and closed at the end', async () => {
    const told: string[] = []
    const job = defineJob({
      async run() {
        told.push('run')
        await this.database.query('select 1')
        await this.database.execute('delete from x')
      },
    })
    const test = await createTestScheduler({ jobs: [{ name: 'sync', job }], database: fakeDatabase(told) })
    await test.runJob('sync')
    await test.stop()
    expect(told).toEqual(['run', 'open', 'close'])
  })

  it('is closed after a failure too, and the failure is what is reported', async () => {
    const told: string[] = []
    const job = defineJob({
      async run() {
        await this.database.query('select 1')
        throw new Error('out of paper')
      },
    })
    const test = await createTestScheduler({ jobs: [{ name: 'print', job }], database: fakeDatabase(told) })
    await expect(test.runJob('print')).rejects.toThrow('out of paper')
    await test.stop()
    expect(told).toEqual(['open', 'close'])
  })

  it('says what to do where there is none', async () => {
    const job = defineJob({
      async run() {
        await this.database.query('select 1')
      },
    })
    const test = await createTestScheduler({ jobs: [{ name: 'sync', job }] })
    await expect(test.runJob('sync')).rejects.toMatchObject({
      code: 'NO_DATABASE',
      hint: expect.stringContaining('createDatabaseClient'),
    })
    await test.stop()
  })
})
