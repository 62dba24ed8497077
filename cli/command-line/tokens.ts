import { Parser } from 'yargs/helpers'
import type { CommandDefinition } from './definition.ts'
import type { Given } from './values.ts'

/** yargs splits the words; names and values are checked by `readValues`, which knows what may be suggested. */
const CONFIGURATION = {
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
}

/**
 * Splits a command's own arguments into options and words. Only yargs's parser is used here: making a whole yargs
 * costs as much time as all the rest of `add-job` (`npm run bench -- startup`).
 */
export function tokenize(
  { options, positionals }: CommandDefinition,
  argv: readonly string[],
): Given & { readonly help: boolean } {
  const named = Object.entries(options)
  const flags = named.filter(([, { type }]) => type === 'flag').map(([name]) => name)
  const texts = named.filter(([, { type }]) => type !== 'flag').map(([name]) => name)
  const aliases = named.flatMap(([name, { alias }]) => (alias === undefined ? [] : [[name, alias] as const]))
  const parsed = Parser([...argv], {
    boolean: ['help', ...flags],
    string: [...texts, ...positionals.map(({ name }) => name)],
    alias: { help: 'h', ...Object.fromEntries(aliases) },
    configuration: CONFIGURATION,
  })
  const { _: words, help, ...given } = parsed
  return { options: given, words: words.map(String), help: help === true }
}
