import { describe, expect, it } from 'vitest'
import { scheduleArguments } from '../../../runtime/manifest/schedule-arguments.ts'
import { jobWith, scheduleOf } from '../../support/job.ts'

describe('the arguments that stand on schedules', () => {
  it('are listed once each, where the job has none of its own', () => {
    const schedules = [
      scheduleOf('a', '0 * * * *', 'UTC', ['hourly', { deep: true, x: 1 }]),
      scheduleOf('a', '30 * * * *', 'UTC', ['hourly', { x: 1, deep: true }]),
      scheduleOf('a', '@daily', 'UTC', ['daily']),
    ]
    expect(scheduleArguments({ ...jobWith('a'), schedules }).map(({ schedule }) => schedule)).toEqual([
      '0 * * * *',
      '@daily',
    ])
    expect(scheduleArguments({ ...jobWith('a'), schedules, args: ['own'] })).toEqual([])
  })

  it('are none where no schedule has any', () => {
    expect(scheduleArguments(jobWith('a', ['@daily', '@hourly']))).toEqual([])
  })
})
