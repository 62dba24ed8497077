import * as z from 'zod'
import { DURATION_PATTERN, parseDuration } from '../../support/duration.ts'
import { ENTRY_DEFAULTS, SCHEDULER_DEFAULTS } from '../defaults.ts'
import { isQueueName } from '../queue-name.ts'

/*
 * The one definition of the manifest's form. The types, the messages, `job-manifest.schema.json` and
 * docs/manifest.md all come from here. `error` completes a sentence that begins with the key: "timeout must be …".
 * Unknown keys pass, at every level: they are kept, and reported elsewhere.
 */

const text = (error: string) => z.string({ error }).min(1, { error })
const duration = () => {
  const error = 'must be a duration such as "30s", "15m" or "24h"'
  const tooLong = { error: 'is longer than can be counted' }
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error, abort: true })
    .refine((text) => parseDuration(text) !== undefined, tooLong)
}
const count = (minimum: number) => {
  const error = `must be a whole number, at least ${minimum}`
  return z.int({ error }).min(minimum, { error })
}
const flag = () => z.boolean({ error: 'must be true or false' })
const choice = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.map((word) => `"${word}"`).join(', ')}` })
const values = () => z.array(z.unknown(), { error: 'must be an array; each of its values is passed to run()' })
const timezone = () => text('must be the IANA name of a time zone, such as "Europe/Berlin"')

export const scheduleEntrySchema = z
  .looseObject({
    schedule: text('must be a schedule such as "0 0 * * *"').describe('The expression, as in `schedule` itself.'),
    timezone: timezone().optional().describe("Its own time zone; the job's by default."),
    args: values().optional().describe("Its own arguments; the job's by default."),
  })
  .describe('A schedule with a time zone or arguments of its own.')

const QUEUE_ERROR = 'must be the name of a queue: letters, digits, "-", "_" and ".", at most 100'

const SCHEDULE_ERROR = 'must be a schedule such as "0 0 * * *", or an array of schedules'

export const retrySchema = z
  .looseObject(
    {
      attempts: count(1).default(ENTRY_DEFAULTS.retry.attempts).describe('Attempts in all; 1 means no retry.'),
      delay: duration().default(ENTRY_DEFAULTS.retry.delay).describe('How long to wait before the second attempt.'),
      backoff: choice(['fixed', 'exponential'])
        .default(ENTRY_DEFAULTS.retry.backoff)
        .describe('Whether the delay stays the same or doubles with each attempt.'),
      maxDelay: duration().default(ENTRY_DEFAULTS.retry.maxDelay).describe('The longest delay.'),
    },
    { error: 'must be an object such as { "attempts": 3, "delay": "10s" }' },
  )
  .describe('How often, and how far apart, a failing execution is tried again.')

export const jobSchema = z
  .looseObject({
    name: text('must be a string: the name of the folder under src/backend/jobs').describe(
      'The name of the job, and of its folder under `src/backend/jobs`: letters, digits, `-` and `_`, at most 100. Names that differ only in case, `-` and `_` are the same. Never interpolated.',
    ),
    schedule: z
      .union([z.string(), z.array(z.union([z.string(), scheduleEntrySchema]))], { error: SCHEDULE_ERROR })
      .optional()
      .describe(
        'When the job fires: a cron expression of five fields (six with seconds first), a macro such as `@daily`, `@reboot`, `rate(5 minutes)` or `at(2026-12-01T09:00:00)`; or an array of such texts and of objects. Without one, the job runs by hand and from code only.',
      ),
    description: z.string({ error: 'must be a string' }).optional().describe('What the job is for, shown in listings.'),
    priority: z
      .union([z.number(), z.string().min(1)], { error: 'must be a number or a label such as "high"' })
      .optional()
      .describe(
        'Higher runs first. A number, or a label: `critical` 20, `high` 10, `normal` 0, `low` -10; any other label is kept and counts as 0.',
      ),
    timezone: timezone()
      .optional()
      .describe('IANA name of the time zone of its schedules; `webstir.scheduler.timezone` by default.'),
    args: values().optional().describe('The values passed to `run()`; none by default.'),
    enabled: flag()
      .default(ENTRY_DEFAULTS.enabled)
      .describe("Whether the job runs at all. The environment's `NAME_ENABLED=false` turns it off too."),
    overlap: choice(['skip', 'queue', 'allow', 'cancel'])
      .default(ENTRY_DEFAULTS.overlap)
      .describe(
        'What happens to a fire while the job still runs: `skip` records it as skipped, `queue` keeps the newest waiting, `allow` runs it beside, `cancel` ends the running one first.',
      ),
    catchUp: choice(['none', 'latest', 'all'])
      .default(ENTRY_DEFAULTS.catchUp)
      .describe(
        'What happens to fires that came due while no scheduler was running: `none` runs the newest one if it is at most a minute old, `latest` runs the newest one, `all` runs each in order; the others are recorded as skipped.',
      ),
    catchUpWindow: duration()
      .default(ENTRY_DEFAULTS.catchUpWindow)
      .describe('How old a missed fire may be and still be caught up.'),
    timeout: duration()
      .default(ENTRY_DEFAULTS.timeout)
      .describe('How long an attempt may take before its signal is aborted and it counts as failed; at least 1ms.'),
    retry: retrySchema.optional(),
    recover: count(0)
      .default(ENTRY_DEFAULTS.recover)
      .describe('How often an execution is run again after the process died under it; 0 turns that off.'),
    jitter: duration()
      .default(ENTRY_DEFAULTS.jitter)
      .describe('Delays each fire by up to this much, always the same for the same fire, and never past the next one.'),
    after: z
      .array(text('must be the name of a job'), { error: 'must be an array of names of jobs' })
      .default([])
      .describe('Jobs whose fires of the same instant must have succeeded first.'),
    formerly: z
      .array(text('must be the name of a job'), { error: 'must be an array of names of jobs' })
      .default([])
      .describe(
        'Names that the job had before; `webstir rename-job` writes them. Its history is shown under all of them.',
      ),
    multiTenant: flag()
      .default(ENTRY_DEFAULTS.multiTenant)
      .describe('Whether each fire runs once for each tenant of `src/backend/tenants.ts`.'),
    isolation: choice(['inline', 'process'])
      .default(ENTRY_DEFAULTS.isolation)
      .describe(
        "Whether it runs in the scheduler's own process or in a child process, which can be ended for certain.",
      ),
    queue: text(QUEUE_ERROR)
      .refine(isQueueName, { error: QUEUE_ERROR })
      .default(ENTRY_DEFAULTS.queue)
      .describe(
        'The queue that its executions wait in: letters, digits, `-`, `_` and `.`, at most 100. A process that watches with `--queues` runs those of its queues only.',
      ),
  })
  .describe('A job: an entry of `webstir.module.jobs` in package.json.')

export const schedulerSchema = z
  .looseObject({
    timezone: timezone()
      .default(SCHEDULER_DEFAULTS.timezone)
      .describe('IANA name of the time zone of every job that names none.'),
    concurrency: count(1)
      .default(SCHEDULER_DEFAULTS.concurrency)
      .describe('Executions at once in one process. 1 makes them run strictly one after another.'),
    staleAfter: duration()
      .default(SCHEDULER_DEFAULTS.staleAfter)
      .describe('How long an execution may be without a heartbeat before it counts as dead; at least 1s.'),
    history: z
      .looseObject(
        {
          keep: duration().default(SCHEDULER_DEFAULTS.history.keep).describe('How long executions are kept.'),
          maxPerJob: count(1)
            .default(SCHEDULER_DEFAULTS.history.maxPerJob)
            .describe('How many executions of a job are kept.'),
        },
        { error: 'must be an object such as { "keep": "30d" }' },
      )
      .optional()
      .describe('How much of the past the store keeps.'),
    redact: z
      .array(text('must be a path'), { error: 'must be an array of paths such as ["user.email"]' })
      .default([])
      .describe(
        "Further names that are hidden in logs and listings, and paths that are hidden in logs, in the syntax of pino's `redact`. Always hidden: names with `password`, `token`, `secret`, `authorization` and the like in them.",
      ),
    hooks: text('must be the path of a module, such as "src/backend/jobs/hooks.ts"')
      .optional()
      .describe('A module of hooks, relative to the workspace; `src/backend/jobs/hooks.ts` where there is one.'),
  })
  .describe("The scheduler's settings: `webstir.scheduler` in package.json.")

/** An entry of the manifest as written, with the defaults of the plain keys filled in. */
export type JobEntry = z.output<typeof jobSchema>
