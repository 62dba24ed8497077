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
]
