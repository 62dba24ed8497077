/*
 * What the types of the main entry point promise. `npx tsc -p .` checks it; a line that must not compile says so, and
 * tsc complains where it does compile.
 */
import {
  createScheduler,
  defineJob,
  type JobContext,
  type JobDefinition,
  type JobStore,
  openLog,
  type SkippedFire,
} from '../../runtime/index.ts'

/** A store is for reading, pausing and cancelling; what a worker does with it is internal. */
export async function storeOnlyReads(store: JobStore): Promise<void> {
  await store.pause('nightly', 'me', null, 0)
  await store.resume('nightly', 0)
  const answer: 'cancelled' | 'requested' | 'already-final' | 'unknown' = await store.cancel('id', 0)
  // @ts-expect-error claiming is internal
  store.claim
  // @ts-expect-error so is taking from the queue
  store.dequeue
  // @ts-expect-error and beginning
  store.begin
  // @ts-expect-error and completing
  store.complete
  // @ts-expect-error and the heartbeat
  store.heartbeat
  // @ts-expect-error the URL with its password is not shown
  store.target
  await store.execution(answer)
}

/** A log for the scheduler is made with openLog, and takes any object that writes lines. */
export const log = openLog({ level: 'warn', redact: ['iban'], destination: { write: (line: string) => line.length } })
export const quiet = createScheduler({ jobs: [], log })
// @ts-expect-error a format is json or pretty
openLog({ format: 'xml' })

/** Listeners of skipped and missed get the same small object, and nothing of how the store claims a fire. */
quiet.on('skipped', ({ job, tenant, cause, from, until }: SkippedFire) => [job, tenant, cause, until - from])
quiet.on('missed', (event) => {
  const { count, reason, scheduledFor }: SkippedFire = event
  // @ts-expect-error the store's part of a fire is internal
  event.maxAttempts
  return [count, reason, scheduledFor]
})

/** A job in code has the manifest's keys, checked, and its code in one of two forms. */
export const jobs: readonly JobDefinition[] = [
  { name: 'bare', run() {} },
  {
    name: 'whole',
    schedule: ['0 9 * * MON-FRI', { schedule: '@daily', timezone: 'Europe/Berlin', args: ['weekly', { deep: true }] }],
    priority: 'high',
    overlap: 'queue',
    catchUp: 'all',
    catchUpWindow: '2h',
    timeout: '15m',
    retry: { attempts: 3, delay: '10s', backoff: 'fixed' },
    recover: 0,
    jitter: '30s',
    after: ['bare'],
    enabled: true,
    isolation: 'inline',
    async run({ args, tenant, log }) {
      log.info({ tenant }, String(args[0]))
    },
  },
  { name: 'typed', args: ['a'], run: async (context: JobContext<[string]>) => context.args[0].length },
  { name: 'object', schedule: '@hourly', job: defineJob({ batchSize: 1, run() {} }) },
]

export const wrong = [
  // @ts-expect-error schedule is misspelt, overlap has no such word, retry is an object
  createScheduler({ jobs: [{ name: 'a', schedul: '* * * * *', overlap: 'skp', retry: 7, run() {} }] }),
  // @ts-expect-error schedule is misspelt
  createScheduler({ jobs: [{ name: 'a', schedul: '* * * * *', run() {} }] }),
  // @ts-expect-error there is no such overlap
  createScheduler({ jobs: [{ name: 'a', overlap: 'skp', run() {} }] }),
  // @ts-expect-error retry is an object
  createScheduler({ jobs: [{ name: 'a', retry: 7, run() {} }] }),
  // @ts-expect-error attempts is misspelt
  createScheduler({ jobs: [{ name: 'a', retry: { attemps: 3 }, run() {} }] }),
  // @ts-expect-error a date is nothing that JSON carries
  createScheduler({ jobs: [{ name: 'a', args: [new Date()], run() {} }] }),
  // @ts-expect-error its code is missing
  createScheduler({ jobs: [{ name: 'b' }] }),
  // @ts-expect-error its name is missing
  createScheduler({ jobs: [{ run() {} }] }),
  // @ts-expect-error it is either a function or an object
  createScheduler({ jobs: [{ name: 'a', run() {}, job: defineJob({ run() {} }) }] }),
  // @ts-expect-error an object has a run
  createScheduler({ jobs: [{ name: 'a', job: { meta() {} } }] }),
]
