import { type CommandDefinition, defineCommand } from './command-line/definition.ts'

/*
 * The table of commands. A row declares a command's words and options; its code is imported when it runs. To add one:
 * write cli/commands/NAME.ts with `export async function name(options, io)`, add a row, run scripts/docs-commands.mjs.
 */

const WORKSPACE = {
  workspace: {
    type: 'text',
    value: 'PATH',
    describe: 'The workspace; default: the nearest folder, from here upward, whose package.json has "webstir"',
  },
} as const

const JSON_DATA = {
  json: { type: 'flag', describe: 'Print data as JSON, and nothing else, on standard output' },
} as const

const DRY_RUN = { 'dry-run': { type: 'flag', describe: 'Say what would be done and change nothing' } } as const

export const commands: readonly CommandDefinition[] = [
  defineCommand({
    name: 'init',
    describe: 'Make a workspace: a folder with everything that background jobs need',
    details: [
      'Files that are there are never overwritten: where one of ours would be in the way of one of yours, nothing is written at all. On a terminal, what is not given is asked for.',
    ],
    positionals: [{ name: 'dir', required: true, describe: 'The folder to make the workspace in' }],
    options: {
      name: { type: 'text', describe: 'Name of the package; default: made from the name of the folder' },
      timezone: { type: 'text', value: 'TZ', describe: 'Time zone of all schedules that name none; default: UTC' },
      yes: { type: 'flag', alias: 'y', describe: 'Ask nothing, take the defaults' },
      ...JSON_DATA,
    },
    examples: [
      ['webstir init my-jobs', 'A workspace in ./my-jobs'],
      ['webstir init . --name reports --timezone Europe/Berlin --yes', 'One in this folder, without questions'],
    ],
    load: async () => (await import('./commands/init.ts')).init,
  }),
  defineCommand({
    name: 'add-job',
    describe: 'Add a job: its source file and its entry in package.json',
    details: [
      'A schedule is a cron expression of five fields (six with seconds), a macro such as @daily, @reboot, "rate(5 minutes)" or "at(2026-12-01T09:00:00)". It is stored exactly as typed. Without one, the job runs only when it is asked for.',
    ],
    positionals: [
      { name: 'name', required: true, describe: 'Letters, digits, "-" and "_"; the folder under src/backend/jobs' },
    ],
    options: {
      schedule: { type: 'text', alias: 's', value: 'EXPR', describe: 'When it runs' },
      description: { type: 'text', alias: 'd', describe: 'What it is for, in a few words; shown in lists' },
      priority: {
        type: 'text',
        alias: 'p',
        value: 'P',
        describe: 'A number, higher runs first, or a label (critical 20, high 10, normal 0, low -10); default: 0',
      },
      timezone: {
        type: 'text',
        value: 'TZ',
        describe: 'IANA name of the zone whose clock the schedule follows; default: that of the workspace',
      },
      ...DRY_RUN,
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir add-job cleanup', 'A job that runs when it is asked for'],
      [
        'webstir add-job nightly --schedule "0 0 * * *" --description "Nightly maintenance"',
        'One that runs at midnight',
      ],
      ['webstir add-job report -s "0 9 * * MON-FRI" --timezone Europe/Berlin -p high', 'Workdays at nine in Berlin'],
      ['webstir add-job poll --schedule "rate(5 minutes)" --dry-run', 'Only look at what would happen'],
    ],
    load: async () => (await import('./commands/add-job.ts')).addJob,
  }),
  defineCommand({
    name: 'remove-job',
    describe: 'Remove a job: its entry in package.json and its folder',
    positionals: [{ name: 'name', required: true, describe: 'The job; case, "-" and "_" make no difference' }],
    options: {
      'keep-files': { type: 'flag', describe: 'Leave src/backend/jobs/NAME where it is' },
      ...DRY_RUN,
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir remove-job nightly --dry-run', 'See what would go'],
      ['webstir remove-job nightly --keep-files', 'Only take it out of package.json'],
    ],
    load: async () => (await import('./commands/remove-job.ts')).removeJob,
  }),
  defineCommand({
    name: 'list-jobs',
    aliases: ['list-background-jobs'],
    describe: 'List the jobs with their schedules and next runs',
    positionals: [],
    options: { ...JSON_DATA, ...WORKSPACE },
    examples: [
      ['webstir list-jobs', 'A table'],
      ['webstir list-jobs --json', 'A JSON array, as that of "scheduler.js --list --json"'],
    ],
    load: async () => (await import('./commands/list-jobs.ts')).listJobs,
  }),
  defineCommand({
    name: 'build',
    describe: 'Build src/backend into build/backend',
    positionals: [],
    options: {
      runtime: { type: 'text', choices: ['backend'], describe: 'What is built; only the backend has a build here' },
      watch: { type: 'flag', alias: 'w', describe: 'Build again on every change, until it is told to stop' },
      typecheck: { type: 'flag', on: true, describe: 'Build without checking the types' },
      ...WORKSPACE,
    },
    examples: [
      ['webstir build', 'Check the types and build; a failed build leaves the last good one in place'],
      ['webstir build --no-typecheck --watch', 'Build on every change, as fast as it goes'],
    ],
    load: async () => (await import('./commands/build.ts')).build,
  }),
  defineCommand({
    name: 'next-runs',
    describe: 'List the fires to come, of all jobs or of some, in order of time',
    details: [
      'What daylight saving moves, merges or drops is marked, and so is every instant at which many jobs fire together. A rate counts from the moment when a scheduler first saw it: it is listed where the store has that moment. Nothing is changed, and no store is made.',
    ],
    positionals: [{ name: 'name', many: true, describe: 'Only these jobs' }],
    options: {
      count: {
        type: 'number',
        alias: 'n',
        value: 'N',
        describe: 'At most this many fires; default: 20, with --to 10000',
      },
      from: { type: 'text', value: 'TIME', describe: 'From then on: ISO 8601, or a duration from now; default: now' },
      to: { type: 'text', value: 'TIME', describe: 'Before then: ISO 8601, or a duration from now' },
      timezone: { type: 'text', value: 'TZ', describe: "Zone of the local times; default: each schedule's own" },
      busy: { type: 'number', value: 'N', describe: 'Mark instants at which more than N jobs fire; default: 5' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir next-runs', 'The next 20 fires'],
      ['webstir next-runs nightly report --count 5', 'The next five of two jobs'],
      ['webstir next-runs --from 2026-03-28 --to 2026-03-30 --timezone Europe/Berlin', 'A weekend that loses an hour'],
      ['webstir next-runs --to 7d --busy 3 --json', 'A week, as JSON'],
    ],
    load: async () => (await import('./commands/next-runs.ts')).nextRuns,
  }),
  defineCommand({
    name: 'explain',
    describe: 'Explain a schedule: in words, field by field, its next fires, and what daylight saving does to it',
    positionals: [
      { name: 'expr', many: true, describe: 'The expression; quote it, so that the shell leaves "*" alone' },
    ],
    options: {
      timezone: { type: 'text', value: 'TZ', describe: 'Zone whose clock it follows; default: UTC' },
      ...JSON_DATA,
    },
    examples: [
      ['webstir explain "30 2 * * *" --timezone Europe/Berlin', 'What happens in the nights when the clock changes'],
      ['webstir explain "0 9 1 * MON" --json', 'As JSON'],
    ],
    load: async () => (await import('./commands/explain.ts')).explain,
  }),
  defineCommand({
    name: 'job-history',
    describe: 'List what ran and what did not, newest first',
    positionals: [{ name: 'name', describe: 'Only this job; one that was removed has its history still' }],
    options: {
      status: {
        type: 'text',
        many: true,
        value: 'S',
        describe: 'Only queued, running, success, failure, skipped, cancelled or stale; several with commas',
      },
      since: { type: 'text', value: 'TIME', describe: 'Only what was due since then: ISO 8601, or a duration ago' },
      tenant: { type: 'text', value: 'ID', describe: 'Only for this tenant' },
      limit: { type: 'number', alias: 'n', value: 'N', describe: 'At most this many; default: 50' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir job-history nightly', 'The last 50 executions of a job'],
      ['webstir job-history --status failure,stale --since 24h', 'What went wrong in the last day'],
      ['webstir job-history --json --limit 1000', 'A JSON array'],
    ],
    load: async () => (await import('./commands/job-history.ts')).jobHistory,
  }),
  defineCommand({
    name: 'job-logs',
    describe: 'Print what an execution logged',
    positionals: [
      { name: 'execution-id', required: true, describe: 'As job-history shows it, or enough of its beginning' },
    ],
    options: {
      follow: { type: 'flag', alias: 'f', describe: 'Go on as it logs more, until it has ended' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir job-logs 019a6f2c-41b7-7d', 'The log of the execution whose id begins so'],
      ['webstir job-logs 019a6f2c-41b7-7d --follow', 'Until it has ended'],
    ],
    load: async () => (await import('./commands/job-logs.ts')).jobLogs,
  }),
  defineCommand({
    name: 'pause-job',
    describe: 'Stop firing a job until it is resumed',
    details: [
      'Its fires are recorded as skipped and are not caught up. What runs already goes on, and the job can still be run by hand. It holds for every scheduler on the same store.',
    ],
    positionals: [{ name: 'name', required: true, describe: 'The job; case, "-" and "_" make no difference' }],
    options: {
      reason: { type: 'text', describe: 'Why; shown with the fires that are skipped for it' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [['webstir pause-job nightly --reason "moving the database"', 'Say why']],
    load: async () => (await import('./commands/pause-job.ts')).pauseJob,
  }),
  defineCommand({
    name: 'resume-job',
    describe: 'Fire a paused job again; what was due meanwhile is not caught up',
    positionals: [{ name: 'name', required: true, describe: 'The job; case, "-" and "_" make no difference' }],
    options: { ...JSON_DATA, ...WORKSPACE },
    examples: [['webstir resume-job nightly', 'From now on it fires again']],
    load: async () => (await import('./commands/resume-job.ts')).resumeJob,
  }),
  defineCommand({
    name: 'cancel',
    describe: 'Cancel an execution: at once while it is queued, else by asking the process that runs it',
    positionals: [
      { name: 'execution-id', required: true, describe: 'As job-history shows it, or enough of its beginning' },
    ],
    options: { ...JSON_DATA, ...WORKSPACE },
    examples: [
      ['webstir cancel 019a6f2c-41b7-7d', 'Says whether it was cancelled, asked to end, or had ended already'],
    ],
    load: async () => (await import('./commands/cancel.ts')).cancel,
  }),
  defineCommand({
    name: 'rerun',
    describe: 'Run the job of an execution again, with the same arguments and tenant',
    details: [
      'It is a new execution, recorded as a manual run; the old one stays as it is. Its exit code is that of the job, and 75 where the job is running already.',
    ],
    positionals: [
      { name: 'execution-id', required: true, describe: 'As job-history shows it, or enough of its beginning' },
    ],
    options: {
      force: { type: 'flag', describe: 'Beside a running one, and though it is disabled' },
      ...WORKSPACE,
    },
    examples: [['webstir rerun 019a6f2c-41b7-7d', 'Once more, with what it was given then']],
    load: async () => (await import('./commands/rerun.ts')).rerun,
  }),
  defineCommand({
    name: 'migrate',
    describe: "Bring the store's tables up to date",
    details: [
      'A scheduler does that by itself when it starts, except on PostgreSQL with JOBS_STORE_MIGRATE=off. Two that do it at once do not collide.',
    ],
    positionals: [],
    options: {
      status: { type: 'flag', describe: 'Only say what is applied and what is not' },
      sql: { type: 'flag', describe: 'Only print the SQL of what is not, to be applied by other means' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir migrate --status', 'What the store has and lacks'],
      ['webstir migrate --sql > migration.sql', 'For somebody who changes databases by hand'],
    ],
    load: async () => (await import('./commands/migrate.ts')).migrate,
  }),
]
