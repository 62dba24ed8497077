import { describe, expect, it } from 'vitest'
import { type JobDefinition, openStore } from '../../../runtime/index.ts'
import { createScheduler } from '../../../runtime/scheduler/scheduler.ts'

describe('jobs in code, from JavaScript', () => {
  it.each([
    ['without code', '{ "name": "a" }', 'JOB_MODULE_WITHOUT_RUN'],
    ['with a run that is no function', '{ "name": "a", "run": "later" }', 'JOB_MODULE_WITHOUT_RUN'],
  ])('are refused at first use %s', async (_, text, code) => {
    const store = await openStore('memory:')
    const definition: JobDefinition = JSON.parse(text)
    const scheduler = createScheduler({ store, jobs: [definition] })

    const refused = await scheduler.jobs().catch((error: unknown) => error)

    expect(refused).toMatchObject({ code, message: expect.stringContaining('the job "a" in code') })
    expect(await store.executions({})).toEqual([])
    await store.close()
  })

  it('are refused where a value is not what the manifest allows', async () => {
    const definition: JobDefinition = { ...JSON.parse('{ "name": "a", "retry": 7 }'), run() {} }
    const scheduler = createScheduler({ store: 'memory:', jobs: [definition] })

    await expect(scheduler.jobs()).rejects.toMatchObject({
      code: 'JOBS_IN_CODE',
      message: expect.stringContaining('jobs[0].retry'),
    })
  })
})
