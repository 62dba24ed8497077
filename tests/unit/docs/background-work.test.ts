import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { enqueue, type JobDefinition, RetryableError } from '../../../runtime/index.ts'
import { createTestScheduler, type TestScheduler } from '../../../runtime/testing/index.ts'
import { ROOT } from '../../support/workspace.ts'

let test: TestScheduler
afterEach(() => test.stop())

const done: string[] = []

async function withJob(job: JobDefinition): Promise<void> {
  done.length = 0
  test = await createTestScheduler({ jobs: [job] })
}

// Each part between two such lines is a sample of docs/background-work.md.
// recipe
async function onWebhook(event: { id: string; type: string }) {
  // The sender may deliver an event twice: its id is the key, for a day after it was dealt with.
  const handle = await enqueue('handle-webhook', [event], { key: event.id, keyWindow: '1d', retry: 5 })
  return { status: handle.enqueued ? 202 : 200 }
}
// recipe
async function onSignUp(user: { id: string; email: string }) {
  await enqueue('send-email', [user.email, 'welcome'], { delay: '10m', key: `welcome:${user.id}`, retry: 3 })
}
// recipe
async function callApi(path: string, fetch: (path: string) => Promise<{ status: number; retryAfter: number }>) {
  const { status, retryAfter } = await fetch(path)
  // The API says when it may be asked again, in seconds.
  if (status === 429) throw new RetryableError('the API is busy', { retryAfter: retryAfter * 1000 })
}
// recipe
async function onChange(article: string) {
  // A minute after the last change, at the latest five minutes after the first; a change while it runs starts another one.
  const debounce = { onConflict: 'debounce', delay: '1m', maxWait: '5m', keyUntil: 'start' } as const
  await enqueue('index-article', [article], { key: article, ...debounce })
}
// recipe

describe('docs/background-work.md', () => {
  it('has the samples that are tried here', async () => {
    await withJob({ name: 'none', run() {} })
    const page = readFileSync(join(ROOT, 'docs', 'background-work.md'), 'utf8')
    const here = readFileSync(import.meta.filename, 'utf8')
      .split('// recipe\n')
      .slice(1, -1)

    expect(here).toHaveLength(4)
    for (const sample of here) expect(page).toContain(`\n${sample}\``)
  })

  it('a webhook that is delivered twice is dealt with once', async () => {
    await withJob({ name: 'handle-webhook', run: ({ args }) => void done.push(JSON.stringify(args)) })

    const answers = [await onWebhook({ id: 'e1', type: 'paid' }), await onWebhook({ id: 'e1', type: 'paid' })]
    await test.advance('1h')
    answers.push(await onWebhook({ id: 'e1', type: 'paid' }))
    await test.advance('1h')

    expect(answers.map(({ status }) => status)).toEqual([202, 200, 200])
    expect(done).toEqual(['[{"id":"e1","type":"paid"}]'])
  })

  it('an e-mail is sent later, once, and tried again', async () => {
    const run: JobDefinition['run'] = ({ args, attempt }) => {
      if (attempt === 1) throw new Error('mail server away')
      done.push(args.join(' '))
    }
    await withJob({ name: 'send-email', run })

    await onSignUp({ id: '7', email: 'ada@example.com' })
    await onSignUp({ id: '7', email: 'ada@example.com' })
    await test.advance('9m')
    expect(done).toEqual([])
    await test.advance('2m')

    expect(done).toEqual(['ada@example.com welcome'])
  })

  it('an API that limits its callers is asked again when it says', async () => {
    const answers = [
      { status: 429, retryAfter: 30 },
      { status: 200, retryAfter: 0 },
    ]
    const run: JobDefinition['run'] = ({ attempt }) =>
      callApi('/orders', async () => answers[attempt - 1] ?? { status: 500, retryAfter: 0 })
    await withJob({ name: 'sync', retry: { attempts: 5 }, run })

    await test.enqueue('sync')
    await test.advance('29s')
    expect(await test.executions()).toMatchObject([{ status: 'QUEUED', attempt: 1 }])
    await test.advance('1s')

    expect(await test.executions()).toMatchObject([{ status: 'SUCCESS', attempt: 2 }])
  })

  it('many changes make one run, a minute after the last', async () => {
    await withJob({ name: 'index-article', run: ({ args }) => void done.push(args.join()) })

    for (let n = 0; n < 4; n++) {
      await onChange('a1')
      await test.advance('30s')
    }
    expect(done).toEqual([])
    await test.advance('30s')

    expect(done).toEqual(['a1'])
  })
})
