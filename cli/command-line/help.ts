import yargs, { type Argv } from 'yargs'
import type { CommandDefinition, OptionDefinition } from './definition.ts'

/** Help texts are never wider than this; narrower where the terminal is. */
const WIDEST = 100

/** What `webstir --help` shows. `columns`: the width of the terminal, undefined where there is none. */
export function overview(commands: readonly CommandDefinition[], columns?: number): Promise<string> {
  const page = start('webstir', columns).usage(
    'webstir COMMAND [options]\n\nBackground jobs: add, build, schedule, run, watch.',
  )
  for (const command of commands) page.command([synopsis(command), ...(command.aliases ?? [])], command.describe)
  return page
    .option('help', { alias: 'h', type: 'boolean', describe: 'This page; after a command, the help of that command' })
    .option('version', { type: 'boolean', describe: 'The version of webstir-jobs' })
    .example('webstir init my-jobs', 'A new workspace in ./my-jobs')
    .example('webstir add-job nightly --schedule "0 0 * * *"', 'A job that runs at midnight')
    .epilog('"webstir COMMAND --help" shows options and examples of a command.')
    .getHelp()
}

/** What `webstir COMMAND --help` shows. */
export function commandHelp(command: CommandDefinition, columns?: number): Promise<string> {
  const { name, describe, details = [], aliases = [], options, positionals, examples } = command
  const also = aliases.length === 0 ? [] : [`Also: ${aliases.join(', ')}.`]
  const page = start(`webstir ${name}`, columns).usage(
    [`webstir ${synopsis(command)} [options]`, `${describe}.`, ...details, ...also].join('\n\n'),
  )
  for (const positional of positionals) {
    page.option(positional.name.toUpperCase(), { describe: positional.describe, group: 'Arguments:' })
  }
  for (const [option, definition] of Object.entries(options)) addOption(page, option, definition)
  page.option('help', { type: 'boolean', alias: 'h', describe: 'This page' })
  for (const [line, does] of examples) page.example(line, does)
  return page.getHelp().then((text) =>
    withoutDashes(
      text,
      positionals.map((positional) => positional.name.toUpperCase()),
    ),
  )
}

function addOption(page: Argv, name: string, definition: OptionDefinition): void {
  const { alias, choices } = definition
  const describe = choices === undefined ? definition.describe : `${definition.describe} (${choices.join(', ')})`
  page.option(optionTitle(name, definition), { describe, ...(alias === undefined ? {} : { alias }) })
}

function start(script: string, columns: number | undefined): Argv {
  return yargs([])
    .scriptName(script)
    .detectLocale(false)
    .exitProcess(false)
    .help(false)
    .version(false)
    .parserConfiguration({ 'camel-case-expansion': false, 'dot-notation': false })
    .wrap(Math.min(columns ?? WIDEST, WIDEST))
}

/** yargs writes two dashes before whatever it lists; an argument has none. */
function withoutDashes(text: string, names: readonly string[]): string {
  return names.reduce((page, name) => page.replace(`  --${name}`, `  ${name}  `), text)
}

/** `add-job NAME`, `next-runs [NAME...]`. */
export function synopsis({ name, positionals }: CommandDefinition): string {
  const words = positionals.map((positional) => {
    const word = positional.name.toUpperCase() + (positional.many === true ? '...' : '')
    return positional.required === true ? word : `[${word}]`
  })
  return [name, ...words].join(' ')
}

/** `--schedule EXPR`, `--no-typecheck`. */
export function optionTitle(name: string, { type, value, on }: OptionDefinition): string {
  if (type === 'flag') return on === true ? `no-${name}` : name
  return `${name} ${value ?? (type === 'number' ? 'N' : 'TEXT')}`
}
