import { didYouMean } from '../runtime/support/suggest.ts'
import { VERSION } from '../runtime/support/version.ts'
import type { CommandDefinition } from './command-line/definition.ts'
import { UsageError } from './command-line/errors.ts'
import { openOutput, type Streams } from './command-line/output.ts'
import { reportError } from './command-line/report-error.ts'
import { tokenize } from './command-line/tokens.ts'
import { readValues } from './command-line/values.ts'
import { commands } from './registry/index.ts'

/** Runs one command line, argv without `node` and the script; resolves to the exit code and never rejects. */
export async function main(argv: readonly string[], terminal: Streams = process): Promise<number> {
  try {
    return await dispatch(argv, terminal)
  } catch (error) {
    return reportError(error, terminal)
  }
}

async function dispatch(argv: readonly string[], terminal: Streams): Promise<number> {
  const { name, before, after } = splitAtCommand(argv)
  if (name === undefined) return withoutCommand(before, terminal)
  if (name === 'help') return showHelp(after[0], terminal)
  const definition = commandNamed(name)
  const given = tokenize(definition, [...before, ...after])
  if (given.help) return showHelp(name, terminal)
  const values = readValues(definition, given)
  await definition.run(values, openOutput(terminal, { json: values.json === true }))
  return 0
}

/** The command of that name or alias. Throws UsageError with a suggestion. */
export function commandNamed(name: string): CommandDefinition {
  const definition = commands.find((command) => command.name === name || command.aliases?.includes(name) === true)
  if (definition !== undefined) return definition
  throw new UsageError(`there is no command "${name}"`, commandMeant(name) ?? 'see "webstir --help"')
}

/** What people call our commands elsewhere. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  ls: ['list-jobs'],
  status: ['list-jobs'],
  start: ['watch', 'start-server'],
  dev: ['watch'],
  serve: ['start-server'],
  new: ['init', 'add-job'],
  create: ['init', 'add-job'],
  rm: ['remove-job'],
  delete: ['remove-job'],
  mv: ['rename-job'],
  retry: ['rerun'],
  stop: ['cancel', 'pause-job'],
  kill: ['cancel'],
}

/** A word that more commands than these share is no help. */
const MOST_MEANT = 3

/** `did you mean "list-jobs"?` for another word for a command, a part of its name, or a misspelt name. */
function commandMeant(given: string): string | undefined {
  const word = given.toLowerCase()
  const parts = (same: (part: string) => boolean): string[] =>
    commands.map((command) => command.name).filter((name) => name.split('-').some(same))
  const singular = (text: string): string => text.replace(/s$/, '')
  const likely = [
    Object.hasOwn(SYNONYMS, word) ? (SYNONYMS[word] ?? []) : [],
    parts((part) => part === word),
    parts((part) => singular(part) === singular(word)),
  ].find(({ length }) => length > 0 && length <= MOST_MEANT)
  if (likely !== undefined) return `did you mean ${likely.map((name) => `"${name}"`).join(' or ')}?`
  const names = commands.flatMap((command) => [command.name, ...(command.aliases ?? [])])
  return didYouMean(given, names)
}

/** The command is the first word; of what may come before it, only `--workspace` (`-w`) is followed by a value. */
function splitAtCommand(argv: readonly string[]): { name: string | undefined; before: string[]; after: string[] } {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]
    if (word === '--workspace' || word === '-w') at++
    else if (word !== undefined && !word.startsWith('-')) {
      return { name: word, before: argv.slice(0, at), after: argv.slice(at + 1) }
    }
  }
  return { name: undefined, before: [...argv], after: [] }
}

async function withoutCommand(options: readonly string[], terminal: Streams): Promise<number> {
  if (options.includes('--help') || options.includes('-h')) return showHelp(undefined, terminal)
  if (options.includes('--version') || options.includes('-v')) {
    terminal.stdout.write(`${VERSION}\n`)
    return 0
  }
  const [first] = options
  if (first !== undefined && first !== '--workspace' && first !== '-w') {
    const near = didYouMean(first, ['--help', '--version', '--workspace'])
    throw new UsageError(`webstir has no option ${first}`, near ?? 'see "webstir --help"')
  }
  throw new UsageError('no command was given', 'see "webstir --help"; to start: webstir init DIR')
}

async function showHelp(name: string | undefined, { stdout }: Streams): Promise<number> {
  const definition = name === undefined ? undefined : commandNamed(name)
  const { commandHelp, overview } = await import('./command-line/help.ts')
  const text = definition === undefined ? overview(commands, stdout.columns) : commandHelp(definition, stdout.columns)
  stdout.write(`${await text}\n`)
  return 0
}
