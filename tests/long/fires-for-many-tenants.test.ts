import { describe, expect, it } from 'vitest'
import { openLog } from '../../runtime/logging/logger.ts'
import { createScheduler } from '../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { makeWorkspace } from '../support/workspace.ts'

const quiet = openLog({ env: {}, destination: { write: () => {} } })
/** More with TENANTS=20000; all of it is tried in the same way. */
const MANY = Number(process.env.TENANTS ?? 5000)
const NOON = new Date('2026-03-01T12:00:00Z')

async function* ids(count: number, onYield: (id: number) => void = () => {}) {
  for (let id = 1; id <= count; id++) {
    onYield(id)
    yield id
  }
}

/** A store that tells how many fires each transaction claims. */
function counted(store: Store, sizes: number[]): Store {
  const claim: Store['claim'] = (tick) => {
    sizes.push(tick.fires.length)
    return store.claim(tick)
  }
  return new Proxy(store, { get: (target, key) => (key === 'claim' ? claim : bound(target, key)) })
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? value.bind(target) : value
}

describe('a fire for many tenants', () => {
  it('claims thousands of them in small transactions, and runs each once', async () => {
    const workspace = makeWorkspace()
    const store = await openStore(`file:${workspace.path('jobs.sqlite')}`)
    const sizes: number[] = []
    const seen = new Set<unknown>()
    let runs = 0
    const before = process.memoryUsage().heapUsed
    let most = 0
    const bot = createScheduler({
      store: counted(store, sizes),
      log: quiet,
      settings: { concurrency: 50 },
      tenants: ids(MANY, (id) => {
        if (id % 1000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before)
      }),
      jobs: [
        {
          name: 'bill',
          schedule: '0 12 * * *',
          multiTenant: true,
          run({ tenant }) {
            runs++
            seen.add(tenant)
          },
        },
      ],
    })
    await bot.runBackgroundJobs(NOON)
    await bot.destroy()
    await store.close()
    expect(runs).toBe(MANY)
    expect(seen.size).toBe(MANY)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
    expect(most).toBeLessThan(200 * 2 ** 20)
  }, 120_000)

  it('that is interrupted half way adds only what is missing when it is run again', async () => {
    const store = await openStore('memory:')
    const runs: string[] = []
    let isBroken = true
    const bot = createScheduler({
      store,
      log: quiet,
      tenants: {
        async *[Symbol.asyncIterator]() {
          for await (const id of ids(450)) {
            if (id === 251 && isBroken) {
              isBroken = false
              throw new Error('the database went away')
            }
            yield id
          }
        },
      },
      jobs: [
        {
          name: 'bill',
          schedule: '0 12 * * *',
          multiTenant: true,
          retry: { attempts: 2, delay: '0s' },
          run: ({ tenant }) => void runs.push(tenant ?? ''),
        },
      ],
    })
    await bot.runBackgroundJobs(NOON)
    await bot.destroy()
    const all = await store.executions({ limit: 1000 })
    expect(runs).toHaveLength(450)
    expect(new Set(runs).size).toBe(450)
    expect(all).toHaveLength(451)
    expect(all.every(({ status }) => status === 'SUCCESS')).toBe(true)
    expect(all.find(({ tenant }) => tenant === '')).toMatchObject({ attempt: 2 })
    await store.close()
  })

  it('of which another scheduler takes its share, is one fire all the same', async () => {
    const workspace = makeWorkspace()
    const url = `file:${workspace.path('jobs.sqlite')}`
    const runs: string[] = []
    const make = () =>
      createScheduler({
        store: url,
        log: quiet,
        settings: { concurrency: 3 },
        tenants: { [Symbol.asyncIterator]: () => ids(60) },
        jobs: [
          {
            name: 'bill',
            schedule: '0 12 * * *',
            multiTenant: true,
            run: async ({ tenant }) => {
              runs.push(tenant ?? '')
              await new Promise((resolve) => setImmediate(resolve))
            },
          },
        ],
      })
    const [one, two] = [make(), make()]
    await Promise.all([one.runBackgroundJobs(NOON), two.runBackgroundJobs(NOON)])
    await Promise.all([one.destroy(), two.destroy()])
    expect(runs).toHaveLength(60)
    expect(new Set(runs).size).toBe(60)
  })
})
