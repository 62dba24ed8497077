import { type CommandDefinition, defineCommand } from '../command-line/definition.ts'
import { EXECUTION, JSON_DATA, TIMEZONE, WORKSPACE } from './common-options.ts'

const MAYBE_EXECUTION = { name: 'execution-id', describe: EXECUTION.describe } as const
const FAILURES = {
  job: { type: 'text', value: 'NAME', describe: 'Only of this job' },
  since: {
    type: 'text',
    value: 'TIME',
    describe: 'Only since then: ISO 8601, yesterday, today, or how long ago (24h)',
  },
} as const

/** Commands for what waits and what failed. */
export const queueCommands: readonly CommandDefinition[] = [
  defineCommand({
    name: 'rerun',
    describe: 'Run a past execution again, with its arguments and tenant, or all that failed',
    details: [
      'With --failed: enqueues all that "webstir failed" shows, for a scheduler that watches to run, and marks it as dealt with. With --json: id, job, tenant, rerunId and problem of each.',
    ],
    positionals: [MAYBE_EXECUTION],
    options: {
      failed: { type: 'flag', describe: 'All that failed and was not dealt with' },
      ...FAILURES,
      ...JSON_DATA,
      force: { type: 'flag', describe: 'Run even if the job is disabled or already running' },
      ...WORKSPACE,
    },
    examples: [
      ['webstir rerun be3645a7', 'A new execution; the old one stays as it is'],
      ['webstir rerun --failed --job send-email --since 24h', 'All of that job since this time yesterday'],
    ],
    load: async () => (await import('../commands/rerun.ts')).rerun,
  }),
  defineCommand({
    name: 'queue',
    describe: 'Show what is queued, in its order, and what each waits for',
    details: [
      'With --json: waitsFor is time, drain, node (a process that serves it), after, lock or slot; detail says it in words.',
    ],
    positionals: [],
    options: {
      queue: { type: 'text', value: 'NAME', describe: 'Only this queue' },
      timezone: { ...TIMEZONE, describe: 'The zone of the times; default: that of the workspace' },
      limit: { type: 'number', describe: 'At most this many; default: 50' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [['webstir queue --queue reports', 'Why nothing of it starts']],
    load: async () => (await import('../commands/queue.ts')).queue,
  }),
  defineCommand({
    name: 'failed',
    describe: 'Show what failed and was not dealt with, newest first',
    details: [
      'Dealt with is what was dismissed, and what "webstir rerun" has run again. Of a multi-tenant run, the runs of the tenants that failed are shown; of jobs that call each other, the outermost.',
    ],
    positionals: [],
    options: {
      ...FAILURES,
      timezone: { ...TIMEZONE, describe: 'The zone of the times; default: that of the workspace' },
      limit: { type: 'number', describe: 'At most this many; default: 50' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [['webstir failed --since yesterday', 'What is to be looked at']],
    load: async () => (await import('../commands/failed.ts')).failed,
  }),
  defineCommand({
    name: 'dismiss',
    describe: 'Mark a failed execution, or all, as dealt with; history stays as it is',
    details: ['Who did it and when is kept. With --json: dismissed, how many that were.'],
    positionals: [MAYBE_EXECUTION],
    options: {
      all: { type: 'flag', describe: 'All that "webstir failed" shows' },
      ...FAILURES,
      reason: { type: 'text', describe: 'Why; kept with it' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [['webstir dismiss be3645a7 --reason "sent by hand"', 'One of them']],
    load: async () => (await import('../commands/dismiss.ts')).dismiss,
  }),
]
