import { afterEach, describe, expect, it } from 'vitest'
import { createTestScheduler, type TestScheduler } from '../../../runtime/testing/index.ts'

let test: TestScheduler | undefined
afterEach(async () => {
  await test?.stop()
  test = undefined
})

describe('a scheduler in a test', () => {
  it('takes a fake database that knows nothing of the types of rows', async () => {
    const found: unknown[] = []
    test = await createTestScheduler({
      database: () => ({
        query: async (sql: string) => [{ id: 1, sql }],
      }),
      jobs: [
        {
          name: 'reads',
          async run({ database }) {
            const rows = await database.query<{ id: number }>('select 1')
            found.push(...rows.map(({ id }) => id))
          },
        },
      ],
    })
    await test.runJob('reads')
    expect(found).toEqual([1])
  })

  it('says of tenants that are a function what they are', async () => {
    // As plain JavaScript may have it.
    const tenants: unknown = () => ['a']
    const jobs = [{ name: 'each', multiTenant: true, run() {} }]
    await expect(createTestScheduler({ tenants: tenants as string[], jobs })).rejects.toMatchObject({
      code: 'TENANTS_SHAPE',
      message: 'the option tenants is a function, not a list or a source of tenants',
      hint: 'call it: tenants: await listTenants()',
    })
  })

  it('logs by the clock of the test', async () => {
    test = await createTestScheduler({
      now: '2031-05-06T07:08:09Z',
      jobs: [{ name: 'says', run: ({ log }) => log.info('hello') }],
    })
    await test.runJob('says')
    expect(test.log().find((line) => line.includes('hello'))).toContain('"time":"2031-05-06T07:08:09.000Z"')
  })
})
