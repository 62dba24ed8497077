import { afterEach, describe, expect, it } from 'vitest'
import { defineJob, enqueue, type JobDefinition } from '../../../runtime/index.ts'
import { createTestScheduler, type TestScheduler } from '../../../runtime/testing/index.ts'

let test: TestScheduler
afterEach(() => test.stop())

const START = Date.parse('2026-01-01T00:00:00Z')
const ran: string[] = []

async function withJobs(...jobs: JobDefinition[]): Promise<void> {
  ran.length = 0
  test = await createTestScheduler({ jobs })
}

const send: JobDefinition = {
  name: 'send-email',
  args: ['nobody'],
  run: ({ args, scheduledFor }) => void ran.push(`${args.join()} ${(scheduledFor.getTime() - START) / 1000}`),
}

describe('enqueue', () => {
  it('hands a job over from outside of jobs through the scheduler of this process', async () => {
    await withJobs(send)
    const handle = await enqueue('send_email', ['ada', 'welcome'])
    await test.advance('1s')
    expect(ran).toEqual(['ada,welcome 0'])
    expect(JSON.parse(JSON.stringify(handle))).toEqual({ id: handle.id, enqueued: true })
    expect(await test.executions()).toMatchObject([{ id: handle.id, trigger: 'enqueue', status: 'SUCCESS' }])
  })

  it('takes the arguments of the entry where none are given', async () => {
    await withJobs(send)
    await test.enqueue('send-email')
    await test.enqueue('send-email', [])
    expect(ran).toEqual(['nobody 0', ' 0'])
  })

  it('is there for a job, in its context and on its this', async () => {
    const relay = defineJob({
      async run() {
        await this.enqueue('send-email', ['from this'])
      },
    })
    await withJobs(
      send,
      { name: 'a', run: ({ enqueue }) => enqueue('send-email', ['from ctx']) },
      { name: 'b', job: relay },
      { name: 'c', run: () => enqueue('send-email', ['from inside']) },
    )
    for (const name of ['a', 'b', 'c']) await test.runJob(name)
    await test.advance('1s')
    expect(ran).toEqual(['from ctx 0', 'from this 0', 'from inside 0'])
    const enqueued = (await test.executions()).filter(({ trigger }) => trigger === 'enqueue')
    expect(enqueued.map(({ parentId }) => parentId)).toEqual([null, null, null])
    expect(await test.fired()).toEqual([])
  })

  it('waits until the clock of the test has moved to its time', async () => {
    await withJobs(send)
    await test.enqueue('send-email', ['delayed'], { delay: '10m' })
    await test.enqueue('send-email', ['at'], { runAt: new Date(START + 300_000) })
    await test.enqueue('send-email', ['past'], { runAt: '2020-01-01T00:00:00Z' })
    expect(ran).toEqual(['past 0'])
    await test.advance('9m')
    expect(ran).toEqual(['past 0', 'at 300'])
    await test.advance('1m')
    expect(ran).toEqual(['past 0', 'at 300', 'delayed 600'])
  })

  it('runs with the retries and the timeout that the call gives', async () => {
    const attempts: number[] = []
    await withJobs(
      { name: 'flaky', run: ({ attempt }) => Promise.reject(new Error(`no ${attempts.push(attempt)}`)) },
      { name: 'slow', run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)) },
    )
    await test.enqueue('flaky', [], { retry: { attempts: 3, delay: '1s', backoff: 'fixed' } })
    await test.enqueue('slow', [], { timeout: '5s' })
    await test.advance('20s')
    expect(attempts).toEqual([1, 2, 3])
    const [flaky, slow] = await test.executions()
    expect(flaky).toMatchObject({ status: 'FAILURE', attempt: 3, maxAttempts: 3 })
    expect(slow).toMatchObject({ status: 'FAILURE', error: { code: 'TIMEOUT' } })
  })

  it('runs many of a job without a schedule at once, and one at a time of a job with one', async () => {
    let now = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
    }
    await withJobs({ name: 'free', run: work }, { name: 'locked', schedule: '@yearly', catchUp: 'none', run: work })
    for (let n = 0; n < 4; n++) await enqueue('free')
    await test.advance('1s')
    expect(most).toBe(4)
    most = 0
    for (let n = 0; n < 4; n++) await enqueue('locked')
    for (let n = 0; n < 8; n++) await test.advance('1s')
    expect(most).toBe(1)
    expect((await test.executions()).every(({ status }) => status === 'SUCCESS')).toBe(true)
  })

  it('holds a key while its execution is open, and debounces on the clock of the test', async () => {
    await withJobs(send)
    const debounced = { key: 'ada', onConflict: 'debounce', delay: '10s', maxWait: '15s' } as const
    const first = await test.enqueue('send-email', ['v1'], debounced)
    await test.advance('8s')
    const second = await test.enqueue('send-email', ['v2'], debounced)
    expect(second).toEqual({ id: first.id, enqueued: false })
    await test.advance('6s')
    expect(ran).toEqual([])
    await test.advance('1s')
    expect(ran).toEqual(['v2 15'])
    expect((await test.enqueue('send-email', ['v3'], debounced)).enqueued).toBe(true)
  })

  it.each([
    ['send-emial', [], {}, 'JOB_NOT_FOUND', 'did you mean "send-email"?'],
    ['off', [], {}, 'JOB_DISABLED', 'enable it before work is enqueued for it'],
    ['send-email', [new Date(0)], {}, 'ARGUMENTS_NOT_JSON', 'pass texts, numbers'],
    ['send-email', ['x'.repeat(65_536)], {}, 'ENQUEUE_ARGUMENTS', 'store them where the job can read them'],
    ['send-email', 'ada', {}, 'ENQUEUE_ARGUMENTS', 'pass them as an array'],
    ['send-email', [], { delay: '11y' }, 'ENQUEUE_TIME', 'pass a duration such as "10m"'],
    ['send-email', [], { delay: '4000d' }, 'ENQUEUE_TIME', 'choose a time within ten years'],
    ['send-email', [], { runAt: '2037-01-01' }, 'ENQUEUE_TIME', 'choose a time within ten years'],
    ['send-email', [], { runAt: 'tomorrow' }, 'ENQUEUE_TIME', 'pass a Date'],
    ['send-email', [], { runAt: 0, delay: 1 }, 'ENQUEUE_TIME', 'pass one of them'],
    ['send-email', [], { dealy: '1s' }, 'ENQUEUE_OPTION', 'did you mean "delay"?'],
    ['send-email', [], { priority: Number.NaN }, 'ENQUEUE_OPTION', 'pass a number'],
    ['send-email', [], { overlap: 'cancel' }, 'ENQUEUE_OPTION', 'use queue, allow or skip'],
    ['send-email', [], { retry: 0 }, 'ENQUEUE_OPTION', 'pass attempts in all'],
    ['send-email', [], { key: '' }, 'ENQUEUE_KEY', 'pass a text of 1 to 500 characters'],
    ['send-email', [], { key: 'x'.repeat(501) }, 'ENQUEUE_KEY', 'pass a text of 1 to 500 characters'],
    ['send-email', [], { key: 'a\0' }, 'ENQUEUE_KEY', 'pass a text of 1 to 500 characters'],
    ['send-email', [], { key: 7 }, 'ENQUEUE_KEY', 'pass a text of 1 to 500 characters'],
    ['send-email', [], { keyWindow: '1h' }, 'ENQUEUE_KEY', 'pass a key, too'],
    ['send-email', [], { key: 'k', onConflict: 'drop' }, 'ENQUEUE_KEY', 'use keep, replace or debounce'],
    ['send-email', [], { key: 'k', onConflict: 'debounce' }, 'ENQUEUE_KEY', 'pass a delay, too'],
    ['send-email', [], { key: 'k', maxWait: '1h' }, 'ENQUEUE_KEY', "pass onConflict: 'debounce', too"],
    ['send-email', [], { key: 'k', keyUntil: 'never' }, 'ENQUEUE_KEY', 'use start or end'],
    ['send-email', [], { timeout: 0 }, 'ENQUEUE_OPTION', 'pass a duration above zero'],
  ])('refuses %s %j %j at once, with a hint', async (name, args, options, code, hint) => {
    await withJobs(send, { name: 'off', enabled: false, run() {} })
    const refused = test.scheduler.enqueue(name, args as [], options as object)
    await expect(refused).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) })
    expect(await test.executions()).toEqual([])
  })
})
