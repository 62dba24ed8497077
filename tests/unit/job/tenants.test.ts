import { describe, expect, it } from 'vitest'
import { defineJob } from '../../../runtime/job/job-object.ts'
import { tenantSource } from '../../../runtime/job/tenants.ts'
import { createTestScheduler, type TestScheduler } from '../../../runtime/testing/index.ts'
import { TenantsFailedError } from '../../../runtime/worker/fan-out.ts'

const summary = async (test: TestScheduler) =>
  (await test.executions()).map(({ tenant, status, trigger }) => `${tenant ?? '-'} ${status} ${trigger}`).sort()

const MINUTELY = '* * * * *'

describe('a multi-tenant job', () => {
  it('has, for each fire, a parent and an execution for each tenant that its filter leaves', async () => {
    const seen: unknown[] = []
    const job = defineJob({
      multiTenant: true,
      tenantsFilter: (tenants: ReturnType<typeof tenantSource>) => tenants.where({ active: true }),
      run(greeting: string) {
        seen.push([greeting, this.tenant, this.initialParams._headers['x-tenant-id']])
      },
    })
    const test = await createTestScheduler({
      jobs: [{ name: 'bill', schedule: [{ schedule: MINUTELY, args: ['hello'] }], job }],
      tenants: [
        { id: 'a', active: true },
        { id: 'b', active: false },
        { id: 3, active: 1 },
      ],
    })
    await test.advance('61s')
    const executions = await test.executions()
    await test.stop()
    expect(seen).toEqual([
      ['hello', 'a', 'a'],
      ['hello', '3', '3'],
    ])
    const parent = executions.find(({ tenant }) => tenant === null)
    expect(parent).toMatchObject({ status: 'SUCCESS', trigger: 'schedule', parentId: null })
    const children = executions.filter(({ tenant }) => tenant !== null)
    expect(children.map(({ status, parentId }) => [status, parentId])).toEqual([
      ['SUCCESS', parent?.id],
      ['SUCCESS', parent?.id],
    ])
    expect(new Set(executions.map(({ scheduledFor }) => scheduledFor)).size).toBe(1)
  })

  it('retries and fails for one tenant without touching another', async () => {
    const runs: string[] = []
    const test = await createTestScheduler({
      jobs: [
        {
          name: 'bill',
          schedule: '0 * * * *',
          multiTenant: true,
          retry: { attempts: 2, delay: '5s', backoff: 'fixed' },
          run({ tenant, attempt }) {
            runs.push(`${tenant} ${attempt}`)
            if (tenant === 'b') throw new Error('b is broke')
          },
        },
      ],
      tenants: ['a', 'b', 'c'],
    })
    await test.advance('61m')
    expect(await summary(test)).toEqual([
      '- SUCCESS schedule',
      'a SUCCESS schedule',
      'b FAILURE schedule',
      'c SUCCESS schedule',
    ])
    await test.stop()
    expect(runs.sort()).toEqual(['a 1', 'b 1', 'b 2', 'c 1'])
  })

  it('holds a lock for each tenant: the slow one alone is skipped by the next fire', async () => {
    const test = await createTestScheduler({
      jobs: [
        {
          name: 'bill',
          schedule: MINUTELY,
          multiTenant: true,
          run: ({ tenant, signal }) =>
            tenant === 'slow'
              ? new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
              : undefined,
        },
      ],
      tenants: ['fast', 'slow'],
    })
    await test.advance('121s')
    expect(await summary(test)).toEqual([
      '- SUCCESS schedule',
      '- SUCCESS schedule',
      'fast SUCCESS schedule',
      'fast SUCCESS schedule',
      'slow RUNNING schedule',
      'slow SKIPPED schedule',
    ])
    await test.stop()
  })

  it('run from code, runs for all and rejects with a TenantsFailedError that names those that failed', async () => {
    const attempts: string[] = []
    const test = await createTestScheduler({
      concurrency: 2,
      jobs: [
        {
          name: 'bill',
          multiTenant: true,
          retry: { attempts: 2, delay: '0s' },
          run({ tenant, attempt }) {
            attempts.push(`${tenant} ${attempt}`)
            if (tenant !== 'a') throw new Error(`${tenant} is broke`)
          },
        },
      ],
      tenants: ['a', 'b', 'c'],
    })
    const error = await test.runJob('bill').then(
      () => null,
      (thrown: unknown) => thrown,
    )
    await test.stop()
    expect(error).toBeInstanceOf(TenantsFailedError)
    expect(error).toMatchObject({
      code: 'TENANTS_FAILED',
      message: expect.stringMatching(/^job "bill" failed for 2 tenants: [bc], [bc]$/),
      tenants: expect.arrayContaining(['b', 'c']),
      errors: [expect.any(Error), expect.any(Error)],
    })
    // Each tenant has attempts of its own; the parent's failure brings none of them back.
    expect(attempts.sort()).toEqual(['a 1', 'b 1', 'b 2', 'c 1', 'c 2'])
  })

  it("is what the manifest says, whatever the module's own word", async () => {
    let runs = 0
    const job = { multiTenant: true, run: () => void runs++ }
    const test = await createTestScheduler({ jobs: [{ name: 'one', multiTenant: false, job }], tenants: ['a', 'b'] })
    await test.runJob('one')
    await test.stop()
    expect(runs).toBe(1)
  })

  it('runs a tenant that its source gives twice once', async () => {
    const runs: unknown[] = []
    const test = await createTestScheduler({
      jobs: [{ name: 'bill', schedule: MINUTELY, multiTenant: true, run: ({ tenant }) => void runs.push(tenant) }],
      tenants: ['a', 'b', 'a'],
    })
    await test.advance('61s')
    await test.runJob('bill')
    await test.stop()
    expect(runs).toEqual(['a', 'b', 'a', 'b'])
  })

  it('is not ended by the time limit of a single run while it goes through its tenants', async () => {
    const test = await createTestScheduler({
      concurrency: 1,
      jobs: [{ name: 'bill', multiTenant: true, timeout: '5s', run: () => test.clock.advance(3000) }],
      tenants: ['a', 'b', 'c'],
    })
    await test.runJob('bill')
    await test.stop()
  })
})

describe('bad tenants', () => {
  const failing = async (options: { tenants?: unknown; filter?: unknown }) => {
    const job = {
      multiTenant: true,
      run: () => {},
      ...(options.filter === undefined ? {} : { tenantsFilter: options.filter as () => unknown }),
    }
    const test = await createTestScheduler({
      jobs: [
        { name: 'bill', schedule: MINUTELY, job },
        { name: 'other', schedule: MINUTELY, run: () => {} },
      ],
      ...(options.tenants === undefined ? {} : { tenants: options.tenants as string[] }),
    })
    await test.advance('61s')
    const executions = await test.executions()
    await test.stop()
    expect(executions.filter(({ job: name }) => name === 'other').map(({ status }) => status)).toEqual(['SUCCESS'])
    const [bill, ...more] = executions.filter(({ job: name }) => name === 'bill')
    expect(more).toEqual([])
    expect(bill?.status).toBe('FAILURE')
    return bill?.error
  }

  it('a filter that throws', async () => {
    const filter = () => {
      throw new Error('no such plan')
    }
    expect(await failing({ tenants: ['a'], filter })).toMatchObject({
      code: 'TENANTS_FILTER',
      message: 'tenantsFilter of job "bill" (the job "bill" in code) threw: no such plan',
    })
  })

  it.each([
    [undefined, 'undefined'],
    [true, 'boolean'],
    ['a', 'string'],
    [{ active: true }, 'object'],
    [null, 'null'],
  ])('a filter that returns %s', async (given, kind) => {
    expect(await failing({ tenants: ['a'], filter: () => given })).toMatchObject({
      code: 'TENANTS_SHAPE',
      message: `tenantsFilter of job "bill" (the job "bill" in code) returned ${kind}, not tenants`,
    })
  })

  it('a filter that gives things that are no tenants', async () => {
    expect(await failing({ tenants: ['a'], filter: () => [undefined] })).toMatchObject({
      code: 'TENANTS_SHAPE',
      message: expect.stringContaining('a tenant must be an id or an object with an id, and is undefined'),
    })
  })

  it('no source of tenants at all', async () => {
    expect(await failing({})).toMatchObject({ code: 'TENANTS_MISSING' })
  })

  it('a tenant without a usable id', async () => {
    expect(await failing({ tenants: [{ id: '' }] })).toMatchObject({ code: 'TENANTS_SHAPE' })
  })
})

describe('many tenants', () => {
  it('are read one after the other as their runs end, never all at once', async () => {
    let made = 0
    let ended = 0
    let most = 0
    async function* ids() {
      for (let id = 0; id < 2000; id++) {
        made++
        most = Math.max(most, made - ended)
        yield id
      }
    }
    const test = await createTestScheduler({
      concurrency: 4,
      tenants: ids(),
      jobs: [{ name: 'bill', multiTenant: true, run: () => void ended++ }],
    })
    await test.runJob('bill')
    await test.stop()
    expect(ended).toBe(2000)
    expect(most).toBeLessThanOrEqual(5)
  })
})

describe('a source of tenants', () => {
  const all = [
    { id: 1, plan: 'free', active: 1 },
    { id: 2, plan: 'paid', active: 0 },
    { id: 3, plan: 'team', active: 1 },
    { id: 4, plan: null, active: 1 },
  ]
  const ids = async (source: ReturnType<typeof tenantSource>) => (await source.all()).map(({ id }) => id)

  it('narrows down by conditions, and by how many', async () => {
    const tenants = tenantSource(all)
    expect(await ids(tenants)).toEqual([1, 2, 3, 4])
    expect(await ids(tenants.where({ active: true }))).toEqual([1, 3, 4])
    expect(await ids(tenants.where({ plan: ['free', 'team'], active: true }))).toEqual([1, 3])
    expect(await ids(tenants.where({ plan: null }))).toEqual([4])
    expect(await ids(tenants.whereNot({ plan: 'free' }))).toEqual([2, 3, 4])
    expect(await ids(tenants.whereNot({ plan: ['free', 'paid'] }).limit(1))).toEqual([3])
    expect(await ids(tenants.where({ plan: [] }))).toEqual([])
    expect(await ids(tenants.limit(0))).toEqual([])
  })

  it('asks for no tenant beyond its limit', async () => {
    function* few() {
      yield 'a'
      throw new Error('asked for one more')
    }
    expect(await ids(tenantSource(few()).limit(1))).toEqual(['a'])
  })
})
