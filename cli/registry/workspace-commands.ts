import { type CommandDefinition, defineCommand } from '../command-line/definition.ts'
import { DRY_RUN, JSON_DATA, WORKSPACE } from './common-options.ts'

/** What makes a workspace and changes its package.json. */
export const workspaceCommands: readonly CommandDefinition[] = [
  defineCommand({
    name: 'init',
    describe: 'Make a workspace: in a new folder, or in an existing project',
    details: [
      'Beside a package.json, what a workspace needs is added to the project: the key "webstir", the scripts jobs, jobs:build and jobs:watch, dependencies and missing files. Nothing that is there is changed, and what is left to you is said. It works with and without "type": "module", in a package of a monorepo, with npm, pnpm, yarn and bun.',
      'Files that are there are never overwritten: in a folder without a package.json, where one of ours would be in the way of one of yours, nothing is written at all. On a terminal, what is not given is asked for, and what would be added to a project is shown first.',
      'With --json: workspace (its absolute path), name, timezone, files (relative paths), additions (path and value of what was added to package.json; null where that is new), left (sentences), written.',
    ],
    positionals: [{ name: 'dir', required: true, describe: 'The folder to make the workspace in' }],
    options: {
      name: { type: 'text', describe: 'Name of the package; default: made from the name of the folder' },
      timezone: { type: 'text', value: 'TZ', describe: 'Time zone of all schedules that name none; default: UTC' },
      'jobs-dir': { type: 'text', value: 'DIR', describe: 'Where jobs are; default: src/backend/jobs' },
      yes: { type: 'flag', alias: 'y', describe: 'Ask nothing, take the defaults' },
      'multi-tenant': { type: 'flag', describe: 'With src/backend/tenants.ts, for jobs that run once for each tenant' },
      ...DRY_RUN,
      ...JSON_DATA,
    },
    examples: [
      ['webstir init my-jobs', 'A workspace in ./my-jobs'],
      ['webstir init . --name reports --timezone Europe/Berlin --yes', 'One in this folder, without questions'],
      ['webstir init . --dry-run', 'Only show what would be added to the project in this folder'],
      ['webstir init . --jobs-dir server/jobs', 'With jobs elsewhere than in src/backend/jobs'],
    ],
    load: async () => (await import('../commands/init.ts')).init,
  }),
  defineCommand({
    name: 'add-job',
    describe: 'Add a job: its source file and its entry in package.json',
    details: [
      'A schedule is a cron expression of five fields (six with seconds), a macro such as @daily, @reboot, "rate(5 minutes)" or "at(2026-12-01T09:00:00)". It is stored exactly as typed. Without one, the job runs only on request.',
      'With --json: job, workspace, entry (what was added to package.json), path (where), file (the source), dryRun, schedules (words, timezone, next: the next three fires), schedule (the first of them, or null), warnings.',
    ],
    positionals: [
      {
        name: 'name',
        required: true,
        describe: 'Letters, digits, "-" and "_"; also the name of its folder under src/backend/jobs',
      },
    ],
    options: {
      schedule: { type: 'text', alias: 's', value: 'EXPR', many: true, describe: 'When it runs; may be repeated' },
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
      args: {
        type: 'text',
        value: 'JSON',
        describe: 'The arguments of run(): a JSON array, or a single value; default: none',
      },
      overlap: {
        type: 'text',
        choices: ['skip', 'queue', 'allow', 'cancel'],
        describe: 'What happens to a fire while the job still runs; default: skip',
      },
      timeout: { type: 'text', value: 'DURATION', describe: 'How long an attempt may take; default: 15m' },
      retry: { type: 'number', describe: 'Attempts in all, the first included; default: 1' },
      ...DRY_RUN,
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir add-job cleanup', 'A job that runs on request'],
      [
        'webstir add-job nightly --schedule "0 0 * * *" --description "Nightly maintenance"',
        'One that runs at midnight',
      ],
      ['webstir add-job report -s "0 9 * * MON-FRI" --timezone Europe/Berlin -p high', 'At nine on weekdays in Berlin'],
      [
        `webstir add-job sync -s "0 6 * * *" -s "0 18 * * *" --retry 3 --timeout 2m --args '["full"]'`,
        'Twice a day, three attempts of two minutes each',
      ],
      ['webstir add-job poll --schedule "rate(5 minutes)" --dry-run', 'Only show what would happen'],
    ],
    load: async () => (await import('../commands/add-job.ts')).addJob,
  }),
  defineCommand({
    name: 'generate-background-job',
    describe: 'Add a job as an object, which declares its schedules in meta(): at first, every minute',
    details: [
      'The job is called by its name in snake_case, and its entry in package.json has the name alone.',
      'With --json: as add-job.',
    ],
    positionals: [{ name: 'name', required: true, describe: 'In any case; made into snake_case' }],
    options: { ...DRY_RUN, ...JSON_DATA, ...WORKSPACE },
    examples: [
      ['webstir generate-background-job cleanup-old-data', 'The job cleanup_old_data'],
      ['webstir generate-background-job --name CleanupOldData', 'The same'],
    ],
    load: async () => (await import('../commands/generate-background-job.ts')).generateBackgroundJob,
  }),
  defineCommand({
    name: 'add-tenants',
    describe: 'Add src/backend/tenants.ts: where the tenants of multi-tenant jobs come from',
    details: ['With --json: workspace, file.'],
    positionals: [],
    options: { ...JSON_DATA, ...WORKSPACE },
    examples: [['webstir add-tenants', "By default, the table tenants of the workspace's database"]],
    load: async () => (await import('../commands/add-tenants.ts')).addTenants,
  }),
  defineCommand({
    name: 'rename-job',
    describe: 'Rename a job: its folder, its entry, the "after" of others, its watermarks and pauses',
    details: [
      'What has run keeps the old name; the entry remembers it ("formerly"), and job-history shows both. Refused while the job runs or waits to run. Afterwards, build, and restart what runs the jobs. Run it once more, with the same names, for every other store: with JOBS_STORE_URL set, for instance.',
      'With --json: from, to, workspace, folder (from, to; or null), after (the jobs that named it), mentions (files that still do), storeOnly (the workspace had been renamed before), dryRun.',
    ],
    positionals: [
      { name: 'old-name', required: true, describe: 'The job; case, "-" and "_" make no difference' },
      { name: 'new-name', required: true, describe: 'Letters, digits, "-" and "_"' },
    ],
    options: { ...DRY_RUN, ...JSON_DATA, ...WORKSPACE },
    examples: [['webstir rename-job nightly nightly-cleanup', 'Its watermarks and pauses move with it']],
    load: async () => (await import('../commands/rename-job.ts')).renameJob,
  }),
  defineCommand({
    name: 'remove-job',
    describe: 'Remove a job: its entry in package.json and its folder',
    details: [
      'With --json: job, workspace, paths (of the entries), files (that were removed), keptFiles, dependents (jobs whose "after" still names it), dryRun.',
      'On a terminal you are asked first where the folder holds more than the file of the job, or where the "after" of another job names it.',
    ],
    positionals: [{ name: 'name', required: true, describe: 'The job; case, "-" and "_" make no difference' }],
    options: {
      yes: { type: 'flag', alias: 'y', describe: 'Ask nothing' },
      'keep-files': { type: 'flag', describe: 'Keep src/backend/jobs/NAME' },
      ...DRY_RUN,
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir remove-job nightly --dry-run', 'See what would be removed'],
      ['webstir remove-job nightly --keep-files', 'Only remove it from package.json'],
    ],
    load: async () => (await import('../commands/remove-job.ts')).removeJob,
  }),
]
