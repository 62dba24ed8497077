import type { Env } from '../env.ts'
import type { JsonValue } from '../json.ts'
import { isArray } from './json-object.ts'

/** `${NAME}`, `${NAME:-default}`, and `$${` for a `${` that is meant as it stands. */
const PLACEHOLDER = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export interface Filled<Value> {
  readonly value: Value
  /** Variables that are not set and have no default; their placeholders were left as they stood. */
  readonly unset: readonly string[]
}

/** True where a text may hold a placeholder; cheap, and sometimes wrong in that direction only. */
export function mayHoldPlaceholder(text: string): boolean {
  return text.includes('${')
}

/**
 * Fills the placeholders of one text from the environment. As in a shell, the default of `${NAME:-default}` also
 * stands in for a variable that is set to nothing.
 */
export function fillText(text: string, env: Env): Filled<string> {
  if (!mayHoldPlaceholder(text)) return { value: text, unset: [] }
  const unset: string[] = []
  const value = text.replace(PLACEHOLDER, (placeholder, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return '${'
    const given = env[name]
    if (fallback !== undefined) return given === undefined || given === '' ? fallback : given
    if (given !== undefined) return given
    unset.push(name)
    return placeholder
  })
  return { value, unset }
}

/** Fills every text at any depth of a JSON value; keys stay as they are. */
export function fill(value: JsonValue, env: Env): Filled<JsonValue> {
  const unset: string[] = []
  const visit = (item: JsonValue): JsonValue => {
    if (typeof item === 'string') {
      const filled = fillText(item, env)
      unset.push(...filled.unset)
      return filled.value
    }
    if (isArray(item)) return item.map(visit)
    if (item === null || typeof item !== 'object') return item
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, visit(inner)]))
  }
  return { value: visit(value), unset }
}
