import { describe, expect, it } from 'vitest'
import { queuesIn, type WatchRole, watchRoleOf } from '../../../runtime/scheduler/watch-role.ts'
import { jobWith } from '../../support/job.ts'

const jobs = [jobWith('report', [], { queue: 'reports' }), jobWith('mail')]

function roleOf(given: WatchRole): { role: ReturnType<typeof watchRoleOf>; warnings: unknown[] } {
  const warnings: unknown[] = []
  return { role: watchRoleOf(given, { jobs }, { warn: (text: unknown) => warnings.push(text) }), warnings }
}

describe('what a process that watches does of the whole', () => {
  it('is all of it by default, a part where it is told so, and no work is no queue', () => {
    expect(roleOf({}).role).toEqual({ firesSchedules: true, queues: undefined })
    expect(roleOf({ schedule: false }).role).toEqual({ firesSchedules: false, queues: undefined })
    expect(roleOf({ work: false }).role).toEqual({ firesSchedules: true, queues: [] })
    const given = roleOf({ queues: queuesIn('reports, default,reports') })
    expect(given).toEqual({ role: { firesSchedules: true, queues: ['reports', 'default'] }, warnings: [] })
  })

  it('warns of a queue that no job is in, with a suggestion', () => {
    expect(roleOf({ queues: ['report'] }).warnings).toEqual([
      'no job is in the queue "report": did you mean "reports"?',
    ])
  })

  it('is refused where nothing is left to do, and where a queue is none', () => {
    expect(() => roleOf({ schedule: false, work: false })).toThrow(/has nothing to do/)
    expect(() => roleOf({ work: false, queues: ['reports'] })).toThrow(/runs no jobs/)
    expect(() => roleOf({ queues: queuesIn('') })).toThrow(/"" is not the name of a queue/)
  })
})
