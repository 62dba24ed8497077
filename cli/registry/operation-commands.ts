import { type CommandDefinition, defineCommand } from '../command-line/definition.ts'
import { EXECUTION, JSON_DATA, TIMEZONE, WORKSPACE } from './common-options.ts'

const JOB = { name: 'name', required: true, describe: 'The job; case, "-" and "_" make no difference' } as const
const PAUSED = { name: 'name', describe: JOB.describe } as const
const PAUSE_TARGET = {
  queue: { type: 'text', value: 'NAME', describe: 'All jobs of this queue' },
  all: { type: 'flag', describe: 'All jobs' },
} as const

/** Commands for jobs that run somewhere already. */
export const operationCommands: readonly CommandDefinition[] = [
  defineCommand({
    name: 'enqueue',
    describe: 'Hand a job over, for a scheduler that watches to run',
    details: ['With --json: id and enqueued, which is false where an execution was there already.'],
    positionals: [JOB],
    options: {
      args: { type: 'text', value: 'JSON', describe: 'With these arguments (a JSON array, or one value)' },
      delay: { type: 'text', value: 'DURATION', describe: 'Not before so long from now: 30s, 10m, 1h30m' },
      'run-at': { type: 'text', value: 'TIME', describe: 'Not before this instant, in ISO 8601' },
      key: { type: 'text', describe: 'Enqueue nothing while an execution of this job holds this key' },
      priority: { type: 'text', describe: 'A number, or a label; higher runs first' },
      tenant: { type: 'text', value: 'ID', describe: 'Of a multi-tenant job: only for this tenant' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      [`webstir enqueue send-email --args '["ada@example.com"]'`, 'As soon as a scheduler has a free slot'],
      ['webstir enqueue cleanup --delay 10m --json', 'In ten minutes; prints its id'],
    ],
    load: async () => (await import('../commands/enqueue.ts')).enqueueJob,
  }),
  defineCommand({
    name: 'job-history',
    describe: 'Show what ran and what was skipped, newest first',
    positionals: [{ name: 'name', describe: 'Only this job' }],
    options: {
      status: {
        type: 'text',
        many: true,
        describe: 'Only these statuses: queued, running, success, failure, skipped, cancelled, stale; may be repeated',
      },
      since: { type: 'text', value: 'TIME', describe: 'ISO 8601, yesterday, today, or how long ago (24h)' },
      until: { type: 'text', value: 'TIME', describe: 'The same; a date means the whole of that day' },
      timezone: { ...TIMEZONE, describe: 'The zone of the times; default: that of the workspace' },
      tenant: { type: 'text', value: 'ID', describe: 'Only this tenant' },
      limit: { type: 'number', describe: 'At most this many; default: 50' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir job-history', 'The last fifty executions'],
      ['webstir job-history nightly --status failed --since yesterday', 'What went wrong since yesterday at midnight'],
    ],
    load: async () => (await import('../commands/job-history.ts')).jobHistory,
  }),
  defineCommand({
    name: 'job-logs',
    describe: 'Show the log of an execution, or of the newest one of a job',
    positionals: [
      {
        name: 'execution-id',
        required: true,
        describe: 'The name of a job; or the id of an execution, or enough of its beginning or its end',
      },
    ],
    options: {
      follow: { type: 'flag', alias: 'f', describe: 'Keep printing until the execution has ended' },
      timezone: { ...TIMEZONE, describe: 'The zone of the times; default: that of the workspace' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir job-logs nightly', 'That of the newest execution of the job'],
      ['webstir job-logs be3645a7 --follow', 'That of one execution, as it is written'],
    ],
    load: async () => (await import('../commands/job-logs.ts')).jobLogs,
  }),
  defineCommand({
    name: 'nodes',
    describe: 'Show the processes that use the store: what they are, and what each of them runs',
    details: [
      'Of the schedulers that watch, those whose Node has older time-zone data leave the schedules with a time zone to one with newer data; the list says so.',
      'With --json: id, host, pid, isAlive, fires (it watches), version, nodeVersion, timezoneData, leavesZonesTo (an id), manifestHash, engine, queues (null is all), slots, jobs (known, off, lacks), running (id, job, tenant, startedAt), clockOffsetMs, startedAt, lastSeenAt, endedAt, how (stopped or died).',
    ],
    positionals: [],
    options: {
      all: { type: 'flag', describe: 'Those that have ended, too' },
      timezone: { ...TIMEZONE, describe: 'The zone of the times; default: that of the workspace' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir nodes', 'What is there now'],
      ['webstir nodes --all', 'What was there, too, for as long as history is kept'],
    ],
    load: async () => (await import('../commands/nodes.ts')).nodes,
  }),
  defineCommand({
    name: 'pause-job',
    describe: 'Stop firing a job, a queue or all jobs until it is resumed; jobs can still be run by hand',
    positionals: [PAUSED],
    options: {
      ...PAUSE_TARGET,
      reason: { type: 'text', describe: 'Why; shown with every skipped fire' },
      until: { type: 'text', value: 'TIME', describe: 'When it ends by itself: ISO 8601, tomorrow, or how long (2h)' },
      drain: { type: 'flag', describe: 'Start nothing that is queued either; what runs finishes' },
      wait: { type: 'flag', describe: 'Wait until nothing of it runs' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir pause-job nightly --reason "the disk is being replaced"', 'Until further notice'],
      ['webstir pause-job --all --drain --wait', 'Before maintenance: ends when nothing runs any more'],
      ['webstir pause-job --queue reports --until 2h', 'Two hours, then it goes on'],
    ],
    load: async () => (await import('../commands/pause-job.ts')).pauseJob,
  }),
  defineCommand({
    name: 'resume-job',
    describe: 'Fire a paused job, queue or all jobs again; skipped fires are not caught up',
    positionals: [PAUSED],
    options: { ...PAUSE_TARGET, ...JSON_DATA, ...WORKSPACE },
    examples: [['webstir resume-job nightly', 'From its next fire on']],
    load: async () => (await import('../commands/resume-job.ts')).resumeJob,
  }),
  defineCommand({
    name: 'cancel',
    describe: 'Cancel an execution that is queued or running',
    positionals: [EXECUTION],
    options: { ...JSON_DATA, ...WORKSPACE },
    examples: [['webstir cancel be3645a7', 'If it is running, it is asked to stop within a second']],
    load: async () => (await import('../commands/cancel.ts')).cancel,
  }),
  defineCommand({
    name: 'db-migrate',
    describe: "Apply src/backend/db/migrations to the workspace's own database",
    details: [
      'A migration is a .sql file, or a module that exports up(database), which is given query and execute. They are applied in the order of their names, each in a transaction, and noted in the table webstir_database_migration of that database. "migrate" is for the tables of the store.',
      'With --json: migrations (name, path, appliedAt), applied (names).',
    ],
    positionals: [],
    options: {
      status: { type: 'flag', describe: 'Only show what is applied and what is not' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir db-migrate', 'Apply what is not applied yet'],
      ['webstir db-migrate --status', 'What is applied'],
    ],
    load: async () => (await import('../commands/db-migrate.ts')).dbMigrate,
  }),
  defineCommand({
    name: 'migrate',
    describe: 'Bring the tables of the store up to date',
    positionals: [],
    options: {
      status: { type: 'flag', describe: 'Only show what is applied and what is not' },
      sql: { type: 'flag', describe: 'Only print the SQL that is still to be applied' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir migrate --status', 'What is applied'],
      ['webstir migrate --sql > migration.sql', 'For a database administrator to review and run'],
    ],
    load: async () => (await import('../commands/migrate.ts')).migrate,
  }),
]
