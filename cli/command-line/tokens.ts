import yargs from 'yargs'
import type { CommandDefinition } from './definition.ts'
import type { Given } from './values.ts'

/** yargs splits the words; names and values are checked by `readValues`, which knows what may be suggested. */
const CONFIGURATION = {
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
}

/** Splits a command's own arguments into options and words. */
export function tokenize(definition: CommandDefinition, argv: readonly string[]): Given & { readonly help: boolean } {
  const texts = definition.positionals.map(({ name }) => name)
  const parser = yargs([])
    .detectLocale(false)
    .exitProcess(false)
    .help(false)
    .version(false)
    .parserConfiguration(CONFIGURATION)
    .option('help', { type: 'boolean', alias: 'h' })
    .string(texts)
  for (const [name, { type, alias }] of Object.entries(definition.options)) {
    parser.option(name, { type: type === 'flag' ? 'boolean' : 'string', ...(alias === undefined ? {} : { alias }) })
  }
  const { _: words, $0: _script, help, h: _short, ...options } = parser.parseSync([...argv])
  for (const { alias } of Object.values(definition.options)) if (alias !== undefined) delete options[alias]
  return { options, words: words.map(String), help: help === true }
}
