import type { Output } from './output.ts'

/** An option of a command. Names are written with dashes; the command gets them in camelCase. */
export interface OptionDefinition {
  readonly type: 'text' | 'number' | 'flag'
  /** One sentence without a full stop; defaults and units belong in it. */
  readonly describe: string
  /** A single letter. */
  readonly alias?: string
  /** The placeholder of the value in help and docs (`EXPR`); text and number only. */
  readonly value?: string
  /** A flag that is on by default and turned off with `--no-NAME`; `describe` then says what that does. */
  readonly on?: true
  /** The option may be given several times; the command gets an array. Text only. */
  readonly many?: true
  /** The only values allowed; text only. */
  readonly choices?: readonly string[]
}

/** A word after the command's name. It may also be given as an option, `--name NAME`. */
export interface PositionalDefinition {
  readonly name: string
  readonly describe: string
  readonly required?: true
  /** Takes all the words that are left; only the last one may. */
  readonly many?: true
}

export type Options = Readonly<Record<string, OptionDefinition>>
export type Positionals = readonly PositionalDefinition[]

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name

type OptionValue<Option extends OptionDefinition> = Option['type'] extends 'flag'
  ? boolean
  : Option extends { readonly many: true }
    ? readonly string[]
    : (Option['type'] extends 'number' ? number : string) | undefined

type PositionalValue<Positional extends PositionalDefinition> = Positional extends { readonly many: true }
  ? readonly string[]
  : Positional extends { readonly required: true }
    ? string
    : string | undefined

/** What a command is given: its options and positionals by name, in camelCase. */
export type ValuesOf<P extends Positionals, O extends Options> = {
  readonly [Name in keyof O & string as Camel<Name>]: OptionValue<O[Name]>
} & { readonly [Positional in P[number] as Camel<Positional['name']>]: PositionalValue<Positional> }

/** A value as the command line gives it, checked against its definition. */
export type Value = string | number | boolean | readonly string[] | undefined
export type Values = Readonly<Record<string, Value>>

/** The function behind a command: needs no argv, prints through `io`, and returns its data. */
export type Command<Input> = (options: Input, io: Output) => Promise<unknown>

export interface CommandShape<P extends Positionals, O extends Options> {
  readonly name: string
  /** Other names of the same command; they work everywhere the name does. */
  readonly aliases?: readonly string[]
  /** One line for the list of commands, without a full stop. */
  readonly describe: string
  /** More, in paragraphs, for the command's own help and the docs. */
  readonly details?: readonly string[]
  readonly positionals: P
  readonly options: O
  /** Command lines that work, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[]
}

/** A row of the table of commands. */
export interface CommandDefinition extends CommandShape<Positionals, Options> {
  /** Imports the command and runs it with values that were read against this definition. */
  run(values: Values, io: Output): Promise<unknown>
}

/** Ties a command's definition to its function, so that the options it takes are those that are declared. */
export function defineCommand<const P extends Positionals, const O extends Options>(
  shape: CommandShape<P, O> & { load(): Promise<Command<ValuesOf<P, O>>> },
): CommandDefinition {
  return {
    ...shape,
    async run(values, io) {
      if (!fits<P, O>(values, shape)) throw new TypeError(`values of "${shape.name}" were not read by its definition`)
      const command = await shape.load()
      return command(values, io)
    },
  }
}

function fits<P extends Positionals, O extends Options>(
  values: Values,
  { positionals, options }: CommandShape<P, O>,
): values is Values & ValuesOf<P, O> {
  const optionsFit = Object.entries(options).every(([name, option]) => {
    const value = values[camelCase(name)]
    if (option.type === 'flag') return typeof value === 'boolean'
    if (option.many === true) return Array.isArray(value)
    return value === undefined || typeof value === (option.type === 'number' ? 'number' : 'string')
  })
  return (
    optionsFit &&
    positionals.every(({ name, required, many }) => {
      const value = values[camelCase(name)]
      if (many === true) return Array.isArray(value)
      return typeof value === 'string' || (value === undefined && required !== true)
    })
  )
}

/** `dry-run` -> `dryRun`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
