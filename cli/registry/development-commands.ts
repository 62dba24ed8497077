import { type CommandDefinition, defineCommand } from '../command-line/definition.ts'
import { JSON_DATA, TIMEZONE, WORKSPACE } from './common-options.ts'

/** What builds a workspace, runs it while it is being written, and looks at it. */
export const developmentCommands: readonly CommandDefinition[] = [
  defineCommand({
    name: 'list-jobs',
    aliases: ['list-background-jobs'],
    describe: 'List the jobs with their schedules and next runs',
    details: [
      'Schedules declared in code are marked [code] and come from the build. If a module that may declare some in meta() has changed since, they are shown as unknown until the next build, and a warning names the job.',
    ],
    positionals: [],
    options: {
      timezone: { ...TIMEZONE, describe: 'The zone of the times; default: that of the workspace' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir list-jobs', 'A table'],
      ['webstir list-jobs --json', 'A JSON array, as that of "scheduler.js --list --json"'],
    ],
    load: async () => (await import('../commands/list-jobs.ts')).listJobs,
  }),
  defineCommand({
    name: 'build',
    describe: 'Build src/backend into build/backend',
    positionals: [],
    options: {
      runtime: { type: 'text', choices: ['backend'], describe: 'What to build; only the backend can be built' },
      watch: { type: 'flag', describe: 'Build again on every change, until it is stopped' },
      typecheck: { type: 'flag', on: true, describe: 'Build without checking the types' },
      ...WORKSPACE,
    },
    examples: [
      ['webstir build', 'Check the types and build; a failed build leaves the last good one in place'],
      ['webstir build --no-typecheck --watch', 'Rebuild on every change, without type checks'],
    ],
    load: async () => (await import('../commands/build.ts')).build,
  }),
  defineCommand({
    name: 'watch',
    describe: 'Develop: build on every change and run what is due, until it is stopped',
    details: [
      'The scheduler restarts after each build. Types are checked alongside: errors in them are reported, and hold up nothing.',
    ],
    positionals: [],
    options: {
      runtime: { type: 'text', choices: ['backend'], describe: 'What to watch; only the backend can be watched' },
      typecheck: { type: 'flag', on: true, describe: 'Build without checking the types' },
      ...WORKSPACE,
    },
    examples: [['webstir watch', 'A broken build is reported; the last good one keeps running']],
    load: async () => (await import('../commands/watch.ts')).watch,
  }),
  defineCommand({
    name: 'run-job',
    aliases: ['run-background-job'],
    describe: 'Run a job once, now; builds first if the build is missing or stale',
    details: [
      'Where the arguments are on the schedules of the job, those of the first are taken; on a terminal you are asked.',
      'The exit code is 0 if the job succeeded, 1 if it failed or is unknown, 75 if it is already running.',
    ],
    positionals: [{ name: 'name', required: true, describe: 'The job; case, "-" and "_" make no difference' }],
    options: {
      args: {
        type: 'text',
        value: 'JSON',
        describe: 'A JSON array of arguments, or a single one; default: those of the manifest',
      },
      'scheduled-for': {
        type: 'text',
        value: 'TIME',
        describe: 'Run the fire scheduled for this instant (ISO 8601) instead',
      },
      tenant: { type: 'text', value: 'ID', describe: 'Only for this tenant of a multi-tenant job' },
      force: { type: 'flag', describe: 'Run even if it is disabled or already running' },
      ...WORKSPACE,
    },
    examples: [
      ['webstir run-job nightly', 'Once, with the arguments of the manifest'],
      [`webstir run-job report --args '["2026-11", {"draft": true}]'`, 'With other arguments'],
      ['webstir run-background-job --name nightly', 'The same, by its alias'],
    ],
    load: async () => (await import('../commands/run-job.ts')).runJob,
  }),
  defineCommand({
    name: 'start-server',
    describe: "Serve the workspace's HTTP handler and run the scheduler beside it; builds first if needed",
    details: [
      'The handler is the fetch(request) that src/backend/index.ts exports, or a Hono app as its default export. One stop signal stops both. In production, run node build/backend/webstir/server.js instead; it takes the same options.',
    ],
    positionals: [],
    options: {
      port: { type: 'number', alias: 'p', describe: 'Default: the variable PORT, else 3000; 0 picks a free port' },
      host: { type: 'text', describe: 'Default: the variable HOST, else 127.0.0.1; 0.0.0.0 listens on all interfaces' },
      'without-bot': { type: 'flag', describe: 'Only serve: fire no schedules, and run nothing that is queued' },
      queues: { type: 'text', value: 'LIST', describe: 'Run only what is in these queues, such as reports,default' },
      schedule: { type: 'flag', on: true, describe: 'Fire no schedules: only run what is queued' },
      work: { type: 'flag', on: true, describe: 'Run nothing: only fire schedules, for other processes to run' },
      ...WORKSPACE,
    },
    examples: [
      ['webstir start-server --port 8080 --host 0.0.0.0', 'Reachable from elsewhere'],
      ['webstir start-server --without-bot', 'Where another process runs the jobs'],
    ],
    load: async () => (await import('../commands/start-server.ts')).startServer,
  }),
  defineCommand({
    name: 'repl',
    describe: "Open Node's REPL in the built workspace; builds first if needed",
    details: [
      'It offers runBackgroundJob, jobs, scheduler, store, database and log, and fires no schedules. Its history is kept in ~/.webstir_repl_history, or in the file that WEBSTIR_REPL_HISTORY names.',
    ],
    positionals: [],
    options: { ...WORKSPACE },
    examples: [['webstir repl', "Then: await runBackgroundJob('send-newsletter')"]],
    load: async () => (await import('../commands/repl.ts')).repl,
  }),
  defineCommand({
    name: 'backend-inspect',
    describe: 'Show the module, its jobs with all their settings and files, and what is wrong',
    positionals: [{ name: 'name', describe: 'Only this job; case, "-" and "_" make no difference' }],
    options: { ...JSON_DATA, ...WORKSPACE },
    examples: [
      ['webstir backend-inspect', 'Everything that is known of the workspace'],
      ['webstir backend-inspect nightly', 'All that is known of one job: policies, build, pause, last run'],
      ['webstir backend-inspect --json', 'The same for programs; the format is stable'],
    ],
    load: async () => (await import('../commands/backend-inspect.ts')).backendInspect,
  }),
]
