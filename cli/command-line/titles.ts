import type { CommandDefinition, OptionDefinition } from './definition.ts'

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
