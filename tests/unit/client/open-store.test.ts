import { describe, expect, it } from 'vitest'
import { createScheduler, type JobStore, JobsError, openStore } from '../../../runtime/index.ts'

describe('openStore', () => {
  it('opens a store that a scheduler runs on, and whose executions it reads and cancels', async () => {
    const store = await openStore('memory:')
    const scheduler = createScheduler({ store, jobs: [{ name: 'hello', run: () => {} }] })

    await scheduler.runBackgroundJob('hello')
    await scheduler.destroy()

    const [execution] = await store.executions({ jobs: ['hello'] })
    expect(execution).toMatchObject({ status: 'SUCCESS', trigger: 'code' })
    expect(await store.cancel(execution?.id ?? '', 0)).toBe('already-final')
    await store.close()
  })

  it('is the only source of a store: another object with the same methods is refused', async () => {
    const store = await openStore('memory:')
    const lookalike: JobStore = { ...store, url: store.url, dialect: store.dialect }
    const scheduler = createScheduler({ store: lookalike, jobs: [{ name: 'hello', run: () => {} }] })

    const refused = await scheduler.jobs().catch((error: unknown) => error)

    expect(refused).toBeInstanceOf(JobsError)
    expect(refused).toMatchObject({ code: 'STORE_FOREIGN', hint: expect.stringContaining('openStore()') })
    await store.close()
  })
})
