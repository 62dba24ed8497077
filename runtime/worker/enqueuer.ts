import { type Enqueue, JobHandle } from '../job/enqueue.ts'
import { checkJson } from '../job/job-object.ts'
import { jobNamed } from '../manifest/job-names.ts'
import type { Job, Manifest } from '../manifest/types.ts'
import type { JsonValue } from '../support/json.ts'
import { EnqueueError, policyOf } from './enqueue-options.ts'
import { JobNotStartedError } from './job-runner.ts'
import { awaitResult } from './results.ts'
import type { WorkerServices } from './services.ts'

/** Arguments as JSON have at most so many bytes: larger things belong into a store of their own. */
const MOST_BYTES = 64 * 1024

/** Makes what enqueues the jobs of a manifest. `onEnqueued`: something new is in the queue. */
export function enqueueThrough(
  { store, clock, staleAfter }: Pick<WorkerServices, 'store' | 'clock' | 'staleAfter'>,
  manifest: Pick<Manifest, 'jobs'> & Partial<Pick<Manifest, 'problems'>>,
  onEnqueued?: () => void,
): Enqueue {
  return async (name, given, options = {}) => {
    const job = jobNamed(manifest, name)
    const args = given ?? job.args
    refuseDisabled(job)
    checkArguments(job, args)
    const now = clock.now()
    const policy = policyOf(job, options, now)
    const request = { ...policy, now, job: job.name, args, staleBefore: now - staleAfter }
    const [enqueued] = await store.enqueue([request], options.transaction)
    if (enqueued === undefined) throw new Error('the store enqueued nothing')
    if (enqueued.enqueued && options.transaction === undefined) onEnqueued?.()
    return new JobHandle(enqueued, (options) => awaitResult({ store, clock }, enqueued.id, options))
  }
}

function refuseDisabled({ name, disabledBy }: Job): void {
  if (disabledBy === null) return
  throw new JobNotStartedError('JOB_DISABLED', `job "${name}" is disabled: ${disabledBy}`, {
    hint: 'enable it before work is enqueued for it',
  })
}

function checkArguments({ name }: Job, args: unknown): asserts args is readonly JsonValue[] {
  if (!Array.isArray(args)) {
    throw new EnqueueError('ENQUEUE_ARGUMENTS', `enqueue of job "${name}": the arguments are not an array`, {
      hint: 'pass them as an array, in the order in which the job takes them: enqueue(name, [first, second])',
    })
  }
  for (const [index, value] of args.entries()) checkJson(value, `argument ${index + 1} for job "${name}"`)
  const bytes = Buffer.byteLength(JSON.stringify(args))
  if (bytes <= MOST_BYTES) return
  throw new EnqueueError('ENQUEUE_ARGUMENTS', `the arguments for job "${name}" have ${bytes} bytes, more than 64 KB`, {
    hint: 'store them where the job can read them, and pass where that is',
  })
}
