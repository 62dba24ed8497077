import type { Job } from '../manifest/job.ts'
import type { Fire } from '../store/execution.ts'

/**
 * What is recorded, when a scheduler starts to watch, of schedules that can't be read: they never fire, and the history
 * says so and why. One record a job: starts that follow are counted in it.
 */
export function invalidFires(jobs: readonly Job[], now: number): Fire[] {
  return jobs.flatMap((job) =>
    job.schedules.flatMap(({ key, problem, args }): Fire[] => {
      if (problem === null) return []
      return [
        {
          job: job.name,
          scheduleKey: key,
          scheduledFor: now,
          tenant: '',
          trigger: 'schedule',
          priority: job.priority,
          args,
          maxAttempts: job.retry.attempts,
          recoverLimit: job.recover,
          overlap: job.overlap,
          availableAt: now,
          after: [],
          skip: { cause: 'invalid', reason: `invalid: ${problem}` },
          count: 1,
        },
      ]
    }),
  )
}
