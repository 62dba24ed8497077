import { type CommandDefinition, defineCommand } from '../command-line/definition.ts'
import { JSON_DATA, TIMEZONE, WORKSPACE } from './common-options.ts'

/** What looks into the future. */
export const scheduleCommands: readonly CommandDefinition[] = [
  defineCommand({
    name: 'next-runs',
    describe: 'Show the upcoming fires of all or some jobs, in order of time',
    positionals: [{ name: 'name', many: true, describe: 'Only these jobs; default: all' }],
    options: {
      count: { type: 'number', describe: 'How many fires; default: 20, with --to as many as there are' },
      from: {
        type: 'text',
        value: 'TIME',
        describe:
          'ISO 8601, a date (that whole day, without --to), tomorrow, or a duration from now (2d); default: now',
      },
      to: { type: 'text', value: 'TIME', describe: 'ISO 8601, or a duration from now' },
      timezone: {
        ...TIMEZONE,
        describe: 'The zone of the local times, and of --from and --to; default: that of each schedule',
      },
      busy: { type: 'number', describe: 'Mark instants at which more jobs than this fire; default: 5' },
      ...JSON_DATA,
      ...WORKSPACE,
    },
    examples: [
      ['webstir next-runs', 'The next twenty fires'],
      ['webstir next-runs nightly report --count 5', 'The next five of two jobs'],
      ['webstir next-runs --from 2027-03-28 --timezone Europe/Berlin', 'A day on which the clock changes'],
    ],
    load: async () => (await import('../commands/next-runs.ts')).nextRuns,
  }),
  defineCommand({
    name: 'explain',
    describe: 'Explain a schedule: in words, field by field, its next fires and what daylight saving does to it',
    positionals: [
      { name: 'expr', many: true, describe: 'The schedule; quote it, so that the shell does not expand *' },
    ],
    options: { timezone: { ...TIMEZONE, describe: 'The zone whose clock it follows; default: UTC' }, ...JSON_DATA },
    examples: [
      ['webstir explain "30 2 * * MON-FRI" --timezone Europe/Berlin', 'A time that some nights do not have'],
      ['webstir explain "rate(5 minutes)"', 'Every five minutes'],
    ],
    load: async () => (await import('../commands/explain.ts')).explain,
  }),
]
