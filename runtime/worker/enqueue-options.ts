import type { EnqueueOptions } from '../job/enqueue.ts'
import { priorityOf } from '../manifest/defaults.ts'
import type { ManifestRetry } from '../manifest/manifest-job.ts'
import type { Job, RetryPolicy } from '../manifest/types.ts'
import type { EnqueueRequest, KeyRequest } from '../store/enqueue-request.ts'
import type { PolicyOverrides } from '../store/execution.ts'
import { durationOf } from '../support/duration.ts'
import { JobsError } from '../support/errors.ts'
import { didYouMean } from '../support/suggest.ts'

/** Work can't be enqueued as asked. Codes: ENQUEUE_OPTION, ENQUEUE_TIME, ENQUEUE_KEY, ENQUEUE_ARGUMENTS. */
export class EnqueueError extends JobsError {}

/** No time may be further away, in ms: ten years. */
const FURTHEST = 10 * 365.25 * 86_400_000
const LONGEST_TENANT = 500
const LONGEST_KEY = 500
const OF_KEYS = ['onConflict', 'keyUntil', 'keyWindow', 'maxWait'] as const
const OPTIONS = [
  'runAt',
  'delay',
  'priority',
  'tenant',
  'retry',
  'timeout',
  'overlap',
  'transaction',
  'key',
  ...OF_KEYS,
]

type Policy = Omit<EnqueueRequest, 'now' | 'job' | 'args' | 'staleBefore'>

/** What the options come to for a job. Throws an EnqueueError that names the option that can't be used. */
export function policyOf(job: Job, options: EnqueueOptions, now: number): Policy {
  for (const option of Object.keys(options)) {
    if (OPTIONS.includes(option)) continue
    throw new EnqueueError('ENQUEUE_OPTION', `enqueue of job "${job.name}": there is no option ${option}`, {
      hint: didYouMean(option, OPTIONS) ?? `there are: ${OPTIONS.join(', ')}`,
    })
  }
  const overrides = overridesOf(job, options)
  const key = keyOf(job, options)
  return {
    tenant: tenantOf(job, options),
    availableAt: instantOf(job, options, now),
    priority: priorityFor(job, options),
    maxAttempts: (overrides?.retry ?? job.retry).attempts,
    recoverLimit: job.recover,
    queue: job.queue,
    ...lockFor(job, options),
    ...(overrides === undefined ? {} : { overrides }),
    ...(key === undefined ? {} : { key }),
  }
}

function bad(job: Job, option: string, value: unknown, hint: string, code = 'ENQUEUE_OPTION'): EnqueueError {
  const shown = value instanceof Date ? String(value) : (JSON.stringify(value) ?? String(value))
  return new EnqueueError(code, `enqueue of job "${job.name}": ${option} ${shown} can't be used`, { hint })
}

function tenantOf(job: Job, { tenant = '' }: EnqueueOptions): string {
  if (typeof tenant === 'string' && tenant.length <= LONGEST_TENANT) return tenant
  throw bad(job, 'tenant', tenant, `pass the tenant's id, a text of at most ${LONGEST_TENANT} characters`)
}

function keyOf(job: Job, options: EnqueueOptions): KeyRequest | undefined {
  const { key, onConflict = 'keep', keyUntil = 'end', keyWindow, maxWait, delay } = options
  const fault = (option: string, value: unknown, hint: string) => bad(job, option, value, hint, 'ENQUEUE_KEY')
  if (key === undefined) {
    const without = OF_KEYS.find((option) => options[option] !== undefined)
    if (without !== undefined) throw fault(without, options[without], 'pass a key, too')
    return undefined
  }
  const isText = typeof key === 'string' && key !== '' && key.length <= LONGEST_KEY && !key.includes('\0')
  if (!isText || !key.isWellFormed()) throw fault('key', key, `pass a text of 1 to ${LONGEST_KEY} characters`)
  if (!['keep', 'replace', 'debounce'].includes(onConflict)) {
    throw fault('onConflict', onConflict, 'use keep, replace or debounce')
  }
  if (keyUntil !== 'start' && keyUntil !== 'end') throw fault('keyUntil', keyUntil, 'use start or end')
  if (onConflict === 'debounce' && delay === undefined) throw fault('onConflict', onConflict, 'pass a delay, too')
  if (maxWait !== undefined && onConflict !== 'debounce') {
    throw fault('maxWait', maxWait, "pass onConflict: 'debounce', too")
  }
  return {
    key,
    onConflict,
    freesAtStart: keyUntil === 'start',
    keepFor: keyWindow === undefined ? 0 : delayOf(job, 'keyWindow', keyWindow),
    maxWait: maxWait === undefined ? null : delayOf(job, 'maxWait', maxWait),
  }
}

function priorityFor(job: Job, { priority }: EnqueueOptions): number {
  if (priority === undefined) return job.priority
  if (typeof priority === 'string' || (typeof priority === 'number' && Number.isFinite(priority))) {
    return priorityOf(priority)
  }
  throw bad(job, 'priority', priority, 'pass a number, or a label such as "high"')
}

function lockFor(job: Job, { overlap }: EnqueueOptions): Pick<Policy, 'lock' | 'skipsIfBusy'> {
  const byDefault = job.schedules.length === 0 || job.overlap === 'allow' ? 'allow' : 'queue'
  const asked = overlap ?? byDefault
  if (asked === 'allow') return { lock: 'bypass', skipsIfBusy: false }
  if (asked === 'queue' || asked === 'skip') return { lock: 'exclusive', skipsIfBusy: asked === 'skip' }
  throw bad(job, 'overlap', overlap, 'use queue, allow or skip')
}

function instantOf(job: Job, { runAt, delay }: EnqueueOptions, now: number): number {
  if (runAt !== undefined && delay !== undefined) {
    throw new EnqueueError('ENQUEUE_TIME', `enqueue of job "${job.name}": both runAt and delay are given`, {
      hint: 'pass one of them',
    })
  }
  const at = runAt === undefined ? now + delayOf(job, 'delay', delay ?? 0) : new Date(runAt).getTime()
  if (Number.isNaN(at))
    throw bad(job, 'runAt', runAt, 'pass a Date, a text in ISO 8601, or ms since 1970', 'ENQUEUE_TIME')
  if (at - now <= FURTHEST) return Math.max(now, Math.round(at))
  const [option, value] = runAt === undefined ? ['delay', delay] : ['runAt', runAt]
  throw bad(job, option, value, 'choose a time within ten years', 'ENQUEUE_TIME')
}

function delayOf(job: Job, option: string, given: unknown): number {
  const milliseconds = typeof given === 'string' || typeof given === 'number' ? durationOf(given) : undefined
  if (milliseconds !== undefined) return milliseconds
  throw bad(job, option, given, 'pass a duration such as "10m", or milliseconds', 'ENQUEUE_TIME')
}

function overridesOf(job: Job, options: EnqueueOptions): PolicyOverrides | undefined {
  const retry = options.retry === undefined ? undefined : retryOf(job, options.retry)
  const timeout = options.timeout === undefined ? undefined : delayOf(job, 'timeout', options.timeout)
  if (timeout === 0) throw bad(job, 'timeout', options.timeout, 'pass a duration above zero')
  if (retry === undefined && timeout === undefined) return undefined
  return { ...(retry === undefined ? {} : { retry }), ...(timeout === undefined ? {} : { timeout }) }
}

function retryOf(job: Job, given: number | ManifestRetry): RetryPolicy {
  const asked: ManifestRetry = typeof given === 'number' ? { attempts: given } : given
  const { attempts = job.retry.attempts, backoff = job.retry.backoff } = asked
  const isCount = Number.isInteger(attempts) && attempts >= 1 && attempts <= 1000
  if (!isCount || (backoff !== 'fixed' && backoff !== 'exponential')) {
    throw bad(job, 'retry', given, 'pass attempts in all (1 means no retry), or { attempts, delay, backoff, maxDelay }')
  }
  return {
    attempts,
    backoff,
    delay: asked.delay === undefined ? job.retry.delay : delayOf(job, 'retry.delay', asked.delay),
    maxDelay: asked.maxDelay === undefined ? job.retry.maxDelay : delayOf(job, 'retry.maxDelay', asked.maxDelay),
  }
}
