import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { defineJob } from '../../../runtime/index.ts'
import { createTestScheduler, type TestScheduler } from '../../../runtime/testing/index.ts'

let test: TestScheduler
afterEach(() => test.stop())

// From here to the mark, this is the example of docs/testing.md.
it('sends the newsletter on Monday mornings, and tries again when the mail server is away', async () => {
  const sent: string[] = []
  test = await createTestScheduler({
    now: '2026-03-01T00:00:00Z', // a Sunday
    jobs: [
      {
        name: 'send-newsletter',
        schedule: '0 9 * * MON',
        retry: { attempts: 2, delay: '1m', backoff: 'fixed' },
        run: ({ attempt, scheduledFor }) => {
          if (attempt === 1) throw new Error('mail server away')
          sent.push(scheduledFor.toISOString())
        },
      },
    ],
  })

  await test.advanceTo('2026-03-02T09:00:30Z')
  expect(sent).toEqual([])
  await test.advance('1m')

  expect(sent).toEqual(['2026-03-02T09:00:00.000Z'])
  expect(await test.fired()).toEqual([{ job: 'send-newsletter', scheduledFor: '2026-03-02T09:00:00.000Z' }])
  expect(await test.executions()).toMatchObject([{ status: 'SUCCESS', attempt: 2 }])
})
// The mark.

describe('the example in docs/testing.md', () => {
  it('is the one above', async () => {
    test = await createTestScheduler({ jobs: [] })
    const docs = readFileSync(join(import.meta.dirname, '../../../docs/testing.md'), 'utf8')
    const here = readFileSync(import.meta.filename, 'utf8')
    const example = here.slice(here.indexOf("it('sends"), here.indexOf('// The mark.')).trim()
    expect(docs).toContain(example)
  })
})

describe('a scheduler for tests', () => {
  it('fires each instant on the way at its own time', async () => {
    const seen: string[] = []
    test = await createTestScheduler({
      jobs: [
        {
          name: 'tick',
          schedule: 'rate(20 minutes)',
          run: () => void seen.push(new Date(test.clock.now()).toISOString().slice(11, 16)),
        },
      ],
    })
    await test.advance('1h')
    expect(seen).toEqual(['00:00', '00:20', '00:40', '01:00'])
  })

  it('waits for work that takes real time before time moves on', async () => {
    const seen: string[] = []
    test = await createTestScheduler({
      jobs: [
        {
          name: 'slow',
          schedule: '* * * * *',
          run: async () => {
            const at = test.clock.now()
            await new Promise((resolve) => setTimeout(resolve, 30))
            seen.push(test.clock.now() === at ? 'on time' : 'late')
          },
        },
      ],
    })
    await test.advance('3m')
    expect(seen).toEqual(['on time', 'on time', 'on time'])
  })

  it('ends a job that waits for its time limit when the clock comes to it', async () => {
    test = await createTestScheduler({
      jobs: [
        {
          name: 'stuck',
          schedule: '0 0 2 1 *',
          timeout: '5m',
          run: ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        },
      ],
    })
    await test.advance('24h')
    await test.advance('6m')
    expect(await test.executions()).toMatchObject([{ status: 'FAILURE', error: { code: 'TIMEOUT' } }])
  })

  it('runs jobs as their modules export them, with a database and tenants', async () => {
    const queries: unknown[] = []
    const job = defineJob({
      multiTenant: true,
      async run() {
        await this.database.query('select 1 where ? = 1', [this.tenant])
      },
    })
    test = await createTestScheduler({
      jobs: [{ name: 'bill', job }],
      tenants: ['a', 'b'],
      database: () => ({
        query: async (_sql, parameters) => {
          queries.push(parameters)
          return []
        },
        execute: async () => ({ changes: 0 }),
        close: () => {},
      }),
    })
    await test.runJob('bill')
    expect(queries).toEqual([['a'], ['b']])
    expect(test.log().some((line) => line.includes('[bill] succeeded for tenant a'))).toBe(true)
  })

  it('rejects a text that is not a duration', async () => {
    test = await createTestScheduler({ jobs: [] })
    await expect(test.advance('soon')).rejects.toThrow('"soon" is not a valid duration')
  })
})
