import type { Job } from '../manifest/job.ts'
import type { ClaimOutcome, Fire } from '../store/execution.ts'
import { rebootSchedules } from './line.ts'

/**
 * Fires every `@reboot` schedule once, for this process: outside the lock, since each machine has its own. Two
 * processes that start in the same millisecond are told apart by moving one of them on.
 */
export async function fireReboots(
  jobs: readonly Job[],
  now: number,
  claim: (fires: readonly Fire[]) => Promise<ClaimOutcome[]>,
): Promise<ClaimOutcome[]> {
  const settled: ClaimOutcome[] = []
  let fires = rebootSchedules(jobs).map(
    ({ job, definition }): Fire => ({
      job: job.name,
      scheduleKey: definition.key,
      scheduledFor: now,
      tenant: '',
      trigger: 'schedule',
      priority: job.priority,
      args: definition.args,
      maxAttempts: job.retry.attempts,
      recoverLimit: job.recover,
      overlap: 'allow',
      availableAt: now,
      after: [],
      skip: job.disabledBy === null ? null : { cause: 'disabled', reason: `disabled: ${job.disabledBy}` },
      count: 1,
    }),
  )
  while (fires.length > 0) {
    const outcomes = await claim(fires)
    settled.push(...outcomes.filter(({ outcome }) => outcome !== 'already-claimed'))
    fires = outcomes
      .filter(({ outcome }) => outcome === 'already-claimed')
      .map(({ fire }) => ({ ...fire, scheduledFor: fire.scheduledFor + 1 }))
  }
  return settled
}
