import { expect, it } from 'vitest'
import { newFire } from '../../../runtime/store/new-fire.ts'
import { jobWith } from '../../support/job.ts'

const job = jobWith('report', [], { priority: 5, recover: 2, overlap: 'queue', after: ['import'] })

it('a fire has the policies of its job, and is due at its own instant', () => {
  expect(newFire(job, { scheduleKey: 'key', scheduledFor: 1000, args: ['a'] })).toEqual({
    job: 'report',
    scheduleKey: 'key',
    scheduledFor: 1000,
    tenant: '',
    trigger: 'schedule',
    priority: 5,
    queue: 'default',
    args: ['a'],
    maxAttempts: job.retry.attempts,
    recoverLimit: 2,
    overlap: 'queue',
    availableAt: 1000,
    after: ['import'],
    nominal: null,
    skip: null,
    count: 1,
  })
})

it('what a fire has of its own takes the place of that', () => {
  const own = {
    tenant: 'one',
    trigger: 'catch-up',
    availableAt: 2000,
    after: [],
    skip: { cause: 'missed', reason: 'missed: nothing was running' },
    count: 3,
    parentId: 'parent',
  } as const
  expect(newFire(job, { scheduleKey: 'key', scheduledFor: 1000, args: [], ...own })).toMatchObject(own)
})
