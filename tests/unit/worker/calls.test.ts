import { describe, expect, it } from 'vitest'
import { runBackgroundJob } from '../../../runtime/client/run-background-job.ts'
import type { JobContext } from '../../../runtime/job/job-context.ts'
import { defineJob } from '../../../runtime/job/job-object.ts'
import { createTestScheduler } from '../../../runtime/testing/index.ts'

describe('running a job from code', () => {
  it('resolves to undefined, and is recorded as from code', async () => {
    const test = await createTestScheduler({ jobs: [{ name: 'send', run: () => 'a result' }] })
    expect(await test.runJob('send', 'weekly', 3)).toBeUndefined()
    const [execution] = await test.executions()
    await test.stop()
    expect(execution).toMatchObject({ trigger: 'code', status: 'SUCCESS', args: ['weekly', 3], parentId: null })
  })

  it("rejects with the job's own error, the very one", async () => {
    const own = new RangeError('paper jam')
    const test = await createTestScheduler({
      jobs: [
        {
          name: 'print',
          run: () => {
            throw own
          },
        },
      ],
    })
    await expect(test.runJob('print')).rejects.toBe(own)
    await test.stop()
  })

  it('rejects for a name that there is not, with the one that was probably meant', async () => {
    const test = await createTestScheduler({ jobs: [{ name: 'send-newsletter', run: () => {} }] })
    await expect(test.runJob('send-newslettr')).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
      hint: 'did you mean "send-newsletter"?',
    })
    await test.stop()
  })

  it('finds a name whatever its case, dashes and underscores', async () => {
    const test = await createTestScheduler({ jobs: [{ name: 'send_newsletter', run: () => {} }] })
    await test.runJob('Send-Newsletter')
    expect((await test.executions()).map(({ job }) => job)).toEqual(['send_newsletter'])
    await test.stop()
  })

  it.each([
    [new Date(0), 'it is a Date'],
    [() => {}, 'it is a function'],
    [Number.NaN, 'it is NaN'],
    [10n, 'it is a bigint'],
    [{ deep: { map: new Map() } }, 'deep.map is a Map'],
  ])('refuses an argument that JSON can not carry: %s', async (value, message) => {
    const test = await createTestScheduler({ jobs: [{ name: 'send', run: () => {} }] })
    await expect(test.runJob('send', 'fine', value as never)).rejects.toMatchObject({
      code: 'ARGUMENTS_NOT_JSON',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('plain objects'),
    })
    expect(await test.executions()).toEqual([])
    await test.stop()
  })
})

describe('a job that runs another one', () => {
  it.each([
    ['ctx.runBackgroundJob', 'context'],
    ['the exported runBackgroundJob', 'export'],
    ['this.runBackgroundJob', 'this'],
    ['scheduler.runBackgroundJob', 'scheduler'],
  ] as const)('through %s is its parent, and keeps the only slot', async (_, way) => {
    const order: string[] = []
    const outer = {
      context: { run: async (ctx: JobContext) => ctx.runBackgroundJob('inner', 1) },
      export: { run: async () => runBackgroundJob('inner', 1) },
      this: {
        job: defineJob({
          async run() {
            await this.runBackgroundJob('inner', 1)
          },
        }),
      },
      scheduler: { run: async () => test.scheduler.runBackgroundJob('inner', 1) },
    }[way]
    const test = await createTestScheduler({
      concurrency: 1,
      jobs: [
        { name: 'outer', schedule: '* * * * *', ...outer },
        { name: 'inner', run: ({ args }) => void order.push(`inner ${String(args[0])}`) },
      ],
    })
    await test.advance('1m')
    const executions = await test.executions()
    await test.stop()
    const parent = executions.find(({ job }) => job === 'outer')
    expect(parent).toMatchObject({ status: 'SUCCESS', trigger: 'schedule' })
    expect(executions.find(({ job }) => job === 'inner')).toMatchObject({
      status: 'SUCCESS',
      trigger: 'code',
      parentId: parent?.id,
    })
    expect(order).toEqual(['inner 1'])
  })

  it('is refused when that one would lead back to it, with the chain', async () => {
    const test = await createTestScheduler({
      jobs: [
        { name: 'a', run: (ctx) => ctx.runBackgroundJob('b') },
        { name: 'b', run: (ctx) => ctx.runBackgroundJob('c') },
        { name: 'c', run: (ctx) => ctx.runBackgroundJob('A') },
      ],
    })
    await expect(test.runJob('a')).rejects.toMatchObject({
      code: 'JOB_CALLS_ITSELF',
      message: 'job "a" would call itself: a -> b -> c -> a',
      hint: expect.any(String),
    })
    expect((await test.executions()).map(({ job, status }) => `${job} ${status}`)).toEqual([
      'a FAILURE',
      'b FAILURE',
      'c FAILURE',
    ])
    await test.stop()
  })

  it('is refused when it calls itself', async () => {
    const test = await createTestScheduler({ jobs: [{ name: 'a', run: (ctx) => ctx.runBackgroundJob('a') }] })
    await expect(test.runJob('a')).rejects.toThrow('a -> a')
    await test.stop()
  })

  it('may handle its failure and go on', async () => {
    const test = await createTestScheduler({
      jobs: [
        {
          name: 'outer',
          run: async (ctx) => {
            await ctx.runBackgroundJob('inner').catch(() => {})
          },
        },
        {
          name: 'inner',
          run: () => {
            throw new Error('no')
          },
        },
      ],
    })
    await test.runJob('outer')
    expect((await test.executions()).map(({ job, status }) => [job, status])).toEqual([
      ['outer', 'SUCCESS'],
      ['inner', 'FAILURE'],
    ])
    await test.stop()
  })

  it('aborts it when it is aborted itself', async () => {
    const test = await createTestScheduler({
      jobs: [
        { name: 'outer', schedule: '* * * * *', timeout: '30s', run: (ctx) => ctx.runBackgroundJob('inner') },
        {
          name: 'inner',
          run: ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        },
      ],
    })
    await test.advance('95s')
    const executions = await test.executions()
    await test.stop()
    expect(executions.slice(0, 2).map(({ job, error }) => [job, error?.code])).toEqual([
      ['outer', 'TIMEOUT'],
      ['inner', 'TIMEOUT'],
    ])
  })
})

describe('what a job sets off', () => {
  it('does not make other jobs its children: a later job may call the one that queued it', async () => {
    const test = await createTestScheduler({
      concurrency: 1,
      tenants: ['a', 'b'],
      jobs: [
        { name: 'spread', schedule: '* * * * *', multiTenant: true, run: () => {}, priority: 5 },
        { name: 'later', schedule: '* * * * *', run: (ctx) => ctx.runBackgroundJob('spread') },
      ],
    })
    await test.advance('1m')
    await test.advance('5s')
    const later = (await test.executions()).filter(({ job }) => job === 'later')
    await test.stop()
    expect(later.map(({ status, error }) => [status, error])).toEqual([['SUCCESS', null]])
  })
})
