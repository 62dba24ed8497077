import type { Env } from '../support/env.ts'
import { isArray, type JsonValue } from '../support/json.ts'
import type { Job } from './types.ts'

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

const offValue = (value: string | undefined): string | undefined =>
  /^(?:false|0|no|off)$/i.test(value?.trim() ?? '') ? value?.trim() : undefined

/** What turns this one job off: `NIGHTLY_ENABLED=false`; null where nothing does. */
export function switchedOff(job: string, env: Env): string | null {
  const variable = enabledVariable(job)
  const value = offValue(env[variable])
  return value === undefined ? null : `${variable}=${value}`
}

/**
 * Turns off the jobs of which the environment says so: `NIGHTLY_ENABLED=false` (`0`, `no` and `off` count too). It
 * can't turn on what the manifest turned off. The environment is walked once, not once for each job: looking up a
 * thousand names in `process.env` costs a millisecond (`npm run bench -- startup`, the listings).
 */
export function applySwitches(jobs: readonly Job[], env: Env): readonly Job[] {
  const off = new Map<string, string>()
  for (const name of Object.keys(env)) {
    if (!name.endsWith('_ENABLED')) continue
    const value = offValue(env[name])
    if (value !== undefined) off.set(name, value)
  }
  if (off.size === 0) return jobs
  return jobs.map((job) => {
    const variable = enabledVariable(job.name)
    const value = off.get(variable)
    return value === undefined || !job.enabled ? job : { ...job, enabled: false, disabledBy: `${variable}=${value}` }
  })
}

/** The variable that turns a job off: `send-newsletter` -> `SEND_NEWSLETTER_ENABLED`. */
export function enabledVariable(job: string): string {
  return `${job.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}_ENABLED`
}
