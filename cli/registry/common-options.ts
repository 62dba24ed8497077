/** Options that several commands share, worded once. */
export const WORKSPACE = {
  workspace: {
    type: 'text',
    alias: 'w',
    value: 'PATH',
    describe: 'The workspace; default: the nearest folder, from here upward, whose package.json has "webstir"',
  },
} as const

export const JSON_DATA = {
  json: { type: 'flag', describe: 'Print data as JSON, and nothing else, on standard output' },
} as const

export const DRY_RUN = { 'dry-run': { type: 'flag', describe: 'Show what would be done; change nothing' } } as const

export const TIMEZONE = { type: 'text', value: 'TZ' } as const

/** The positional of commands for one execution. */
export const EXECUTION = {
  name: 'execution-id',
  required: true,
  describe: 'The id of an execution, or enough of its beginning or its end',
} as const
