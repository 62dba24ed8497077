import { didYouMean } from '../../runtime/support/suggest.ts'
import { type CommandDefinition, camelCase, type OptionDefinition, type Value, type Values } from './definition.ts'
import { UsageError } from './errors.ts'

/** The command line, not yet checked: options by name with dashes, and the other words. */
export interface Given {
  readonly options: Readonly<Record<string, unknown>>
  readonly words: readonly string[]
}

/** Checks what was given against a command's definition. Throws UsageError, with a suggestion for a near miss. */
export function readValues(definition: CommandDefinition, { options, words }: Given): Values {
  const { positionals } = definition
  const aliases = new Map(
    Object.entries(definition.options).flatMap(([name, { alias }]) => (alias ? [[alias, name]] : [])),
  )
  const known = new Set([...Object.keys(definition.options), ...positionals.map(({ name }) => name)])
  for (const name of Object.keys(options)) {
    if (!known.has(name) && !aliases.has(name)) throw unknownOption(definition, name, options[name], known)
  }
  const values: Record<string, Value> = {}
  for (const [name, option] of Object.entries(definition.options)) {
    values[camelCase(name)] = optionValue(definition, name, option, options[name])
  }
  const left = [...words]
  for (const { name, many, required } of positionals) {
    const asOption = options[name] === undefined ? [] : [text(definition, name, options[name])]
    if (many === true) {
      values[camelCase(name)] = [...asOption, ...left.splice(0)]
      continue
    }
    const value = asOption[0] ?? left.shift()
    if (required === true && (value === undefined || value === '')) {
      throw new UsageError(`"${definition.name}" needs ${article(name)} ${name.toUpperCase()}`, seeHelp(definition))
    }
    values[camelCase(name)] = value
  }
  const [extra] = left
  if (extra !== undefined) {
    throw new UsageError(
      `"${definition.name}" takes no argument "${extra}"`,
      `quote a value that holds spaces; ${seeHelp(definition)}`,
    )
  }
  return values
}

function optionValue(definition: CommandDefinition, name: string, option: OptionDefinition, given: unknown): Value {
  if (option.type === 'flag') return flag(definition, name, given, option.on === true)
  if (option.many === true) {
    const all = given === undefined ? [] : Array.isArray(given) ? given : [given]
    return all.map((one: unknown) => text(definition, name, one))
  }
  if (given === undefined) return undefined
  const value = text(definition, name, given)
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const near = didYouMean(value, option.choices)
    throw new UsageError(
      `--${name}: "${value}" is not one of its values`,
      near ?? `use one of: ${option.choices.join(', ')}`,
    )
  }
  if (option.type === 'text') return value
  const number = Number(value)
  if (!Number.isFinite(number)) {
    throw new UsageError(`--${name} must be a number, and is "${value}"`, seeHelp(definition))
  }
  return number
}

function flag(definition: CommandDefinition, name: string, given: unknown, byDefault: boolean): boolean {
  if (given === undefined) return byDefault
  const last: unknown = Array.isArray(given) ? given.at(-1) : given
  if (typeof last !== 'boolean') throw new UsageError(`--${name} takes no value`, seeHelp(definition))
  return last
}

function text(definition: CommandDefinition, name: string, given: unknown): string {
  if (Array.isArray(given)) throw new UsageError(`--${name} was given more than once`, 'give it once')
  if (given === '' || given === true) {
    throw new UsageError(
      `--${name} needs a value`,
      `write --${name}=VALUE where it begins with "-"; ${seeHelp(definition)}`,
    )
  }
  if (given === false) throw new UsageError(`there is no option --no-${name}`, seeHelp(definition))
  return String(given)
}

function unknownOption(
  definition: CommandDefinition,
  name: string,
  value: unknown,
  known: ReadonlySet<string>,
): UsageError {
  const isNegated = value === false
  const dashes = name.length === 1 ? '-' : isNegated ? '--no-' : '--'
  const negatable = Object.entries(definition.options).flatMap(([each, { type }]) => (type === 'flag' ? each : []))
  const offered = (isNegated ? negatable : [...known, ...COMMON]).map((each) => `${dashes}${each}`)
  const near = name.length === 1 ? undefined : didYouMean(`${dashes}${name}`, offered)
  return new UsageError(`"${definition.name}" has no option ${dashes}${name}`, near ?? seeHelp(definition))
}

const COMMON = ['help']
const article = (word: string): string => (/^[aeiou]/.test(word) ? 'an' : 'a')
const seeHelp = ({ name }: CommandDefinition): string => `see "webstir ${name} --help"`
