import { afterEach, describe, expect, it } from 'vitest'
import { FatalError, type JobDefinition, runBackgroundJob } from '../../../runtime/index.ts'
import { createTestScheduler, type TestScheduler } from '../../../runtime/testing/index.ts'

let test: TestScheduler
afterEach(() => test.stop())

async function withJobs(...jobs: JobDefinition[]): Promise<void> {
  test = await createTestScheduler({ jobs })
}

const circle: { self?: unknown } = {}
circle.self = circle

describe('what a job returns', () => {
  it.each([
    [
      { sent: 3, to: ['ada'] },
      { sent: 3, to: ['ada'] },
    ],
    [null, null],
    [0, 0],
    ['', ''],
    [undefined, undefined],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [() => 1, undefined],
    [Promise.resolve([1]), [1]],
  ])('%j is kept, and awaited through the handle and from the caller', async (value, expected) => {
    await withJobs({ name: 'give', run: () => value }, { name: 'ask', run: (ctx) => ctx.run('give') })
    const handle = await test.enqueue('give')
    expect(await handle.result()).toEqual(expected)
    expect(await test.scheduler.run('give')).toEqual(expected)
    expect(await test.scheduler.run('ask')).toEqual(expected)
    expect(await test.runJob('give')).toBeUndefined()
    expect(await test.scheduler.runBackgroundJob('give')).toBeUndefined()
  })

  it('is not what runBackgroundJob resolves to', async () => {
    let got: unknown = 'nothing'
    const ask = async () => {
      got = await runBackgroundJob('give')
    }
    await withJobs({ name: 'give', run: () => 7 }, { name: 'ask', run: ask })
    await test.runJob('ask')
    expect(got).toBeUndefined()
  })

  it.each([
    ['RESULT_TOO_LARGE', 'x'.repeat(65_536), '65538 bytes'],
    ['RESULT_NOT_JSON', 1n, "can't be written as JSON"],
    ['RESULT_NOT_JSON', circle, "can't be written as JSON"],
  ])('that cannot be kept (%s) leaves the run a success with a warning', async (code, value, why) => {
    await withJobs({ name: 'give', run: () => value })
    const handle = await test.enqueue('give')
    await expect(handle.result()).rejects.toMatchObject({ code, message: expect.stringContaining(why) })
    expect(await test.scheduler.run('give')).toBeUndefined()
    expect((await test.executions()).map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS'])
    expect(test.log().filter((line) => line.includes('what run() returned was not kept'))).toHaveLength(2)
  })

  it("rejects with the job's own error, after its retries", async () => {
    class CardError extends Error {
      override name = 'CardError'
      code = 'CARD_DECLINED'
    }
    const run: JobDefinition['run'] = ({ attempt }) => {
      throw new CardError(`declined ${attempt}`)
    }
    await withJobs({ name: 'pay', retry: { attempts: 2, delay: '1s', backoff: 'fixed' }, run })
    const handle = await test.enqueue('pay')
    const result = handle.result({ timeout: '1m' })
    result.catch(() => {})
    await test.advance('5s')
    await expect(result).rejects.toMatchObject({ name: 'CardError', code: 'CARD_DECLINED', message: 'declined 2' })
    await expect(result).rejects.toBeInstanceOf(Error)
  })

  it('rejects when its execution was cancelled, and when waiting takes too long', async () => {
    await withJobs({ name: 'give', run: () => 7 })
    const handle = await test.enqueue('give', [], { delay: '1h' })
    const late = handle.result({ timeout: '30s' })
    late.catch(() => {})
    await test.advance('31s')
    await expect(late).rejects.toMatchObject({ code: 'RESULT_TIMEOUT' })
    await test.advance('1h')
    expect(await handle.result()).toBe(7)
    await expect(handle.result({ timeout: 'soon' })).rejects.toMatchObject({ code: 'RESULT_TIMEOUT' })
  })

  it('is undefined where the pre-check skipped the run', async () => {
    const job = { preCheck: () => ({ skip: true as const, reason: 'no' }), run: () => 7 }
    await withJobs({ name: 'give', job })
    expect(await (await test.enqueue('give')).result()).toBeUndefined()
  })

  it('of an execution that ended badly is its error, whatever was thrown', async () => {
    await withJobs({
      name: 'give',
      run: () => {
        throw new FatalError('never')
      },
    })
    const handle = await test.enqueue('give')
    await expect(handle.result()).rejects.toMatchObject({ code: 'FATAL', message: 'never' })
  })
})
