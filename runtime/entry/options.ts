import { JobsError } from '../errors.ts'
import { didYouMean } from '../suggest.ts'

/** Wrong options on the command line: exit code 2. */
export class UsageError extends JobsError {}

const FLAGS = ['help', 'list', 'json', 'all', 'watch', 'strict', 'force', 'no-reboot', 'history', 'status'] as const
const VALUES = ['job', 'args', 'tenant', 'scheduled-for', 'grace', 'pause', 'resume', 'reason', 'limit'] as const

type Flag = (typeof FLAGS)[number]
type Value = (typeof VALUES)[number]

/** The built scheduler's options, as given: flags that were there, and the values of the others. */
export interface GivenOptions {
  has(flag: Flag): boolean
  value(name: Value): string | undefined
}

/** Reads `--flag`, `--name value` and `--name=value`. Throws UsageError for anything else. */
export function readOptions(argv: readonly string[]): GivenOptions {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word === '-h' ? '--help' : word) ?? []
    if ((FLAGS as readonly string[]).includes(name)) {
      if (inline !== undefined) throw new UsageError('USAGE', `--${name} takes no value`, { hint: `write --${name}` })
      flags.add(name)
    } else if ((VALUES as readonly string[]).includes(name)) {
      const value = inline ?? argv[++index]
      if (value === undefined) throw new UsageError('USAGE', `--${name} needs a value`, { hint: 'see --help' })
      values.set(name, value)
    } else {
      throw unknown(word, name)
    }
  }
  return { has: (flag) => flags.has(flag), value: (name) => values.get(name) }
}

function unknown(word: string, name: string): UsageError {
  if (name === '')
    return new UsageError('USAGE', `"${word}" is no option`, { hint: 'to run a job: --job NAME; see --help' })
  const near = didYouMean(name, [...FLAGS, ...VALUES])
  return new UsageError('USAGE', `--${name} is no option`, {
    hint: near === undefined ? 'see --help' : near.replace('"', '"--'),
  })
}
