import type { Logger } from '../logging/logger.ts'
import { isQueueName } from '../manifest/queue-name.ts'
import type { Manifest } from '../manifest/types.ts'
import { JobsError } from '../support/errors.ts'
import { didYouMean } from '../support/suggest.ts'
import type { SchedulerLoopOptions } from './loop-options.ts'

/** What a process that watches does of the whole: all of it where nothing is given. */
export interface WatchRole {
  readonly schedule?: boolean | undefined
  readonly work?: boolean | undefined
  readonly queues?: readonly string[] | undefined
}

/**
 * The same for the loop. Warns of a queue that no job of the manifest is in. Throws a JobsError for a role in which
 * nothing is left to do, and for what can't be the name of a queue.
 */
export function watchRoleOf(
  { schedule = true, work = true, queues }: WatchRole,
  manifest: Pick<Manifest, 'jobs'>,
  log: Pick<Logger, 'warn'>,
): Pick<SchedulerLoopOptions, 'firesSchedules' | 'queues'> {
  if (!schedule && !work) {
    throw new JobsError('WATCH_ROLE', 'a process that neither fires schedules nor runs jobs has nothing to do', {
      hint: 'leave one of the two on',
    })
  }
  if (queues === undefined) return { firesSchedules: schedule, queues: work ? undefined : [] }
  if (!work) {
    throw new JobsError('WATCH_ROLE', 'queues are given to a process that runs no jobs', {
      hint: 'leave them out, or let it run jobs',
    })
  }
  const known = [...new Set(manifest.jobs.map(({ queue }) => queue))]
  for (const queue of queues) {
    if (!isQueueName(queue)) {
      throw new JobsError('WATCH_ROLE', `"${queue}" is not the name of a queue`, {
        hint: 'use letters, digits, "-", "_" and "."; give several as a list: reports,default',
      })
    }
    if (known.includes(queue)) continue
    log.warn(`no job is in the queue "${queue}": ${didYouMean(queue, known) ?? `the jobs are in ${known.join(', ')}`}`)
  }
  return { firesSchedules: schedule, queues: [...new Set(queues)] }
}

/** The names in a list such as `reports,default`; undefined where none is given. */
export function queuesIn(list: string | undefined): string[] | undefined {
  return list?.split(',').map((name) => name.trim())
}
