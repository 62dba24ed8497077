import type { Env } from '../support/env.ts'
import { isArray, type JsonValue } from '../support/json.ts'
import type { ManifestProblem } from './problems.ts'
import type { Manifest } from './types.ts'

/** `${NAME}`, `${NAME:-default}`, and `$${` for a `${` that is meant literally. */
const PLACEHOLDER = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export interface Filled<Value> {
  readonly value: Value
  /** Variables that are not set and have no default; their placeholders were left as they are. */
  readonly unset: readonly string[]
}

/** True where a text may hold a placeholder; cheap, and sometimes wrong in that direction only. */
export function mayHoldPlaceholder(text: string): boolean {
  return text.includes('${')
}

/**
 * Fills the placeholders of one text from the environment. As in a shell, the default of `${NAME:-default}` is
 * also used for a variable that is empty.
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

const OFF = /^(?:false|0|no|off)$/i
const ON = /^(?:true|1|yes|on|)$/i

/** Why the value of a variable disables its job: `NIGHTLY_ENABLED=false`; null where it doesn't. */
function offReason(variable: string, value: string | undefined): string | null {
  const text = value?.trim() ?? ''
  if (OFF.test(text)) return `${variable}=${text}`
  // Whether the job is meant to run is unknown, so it does not.
  return ON.test(text) ? null : `${variable}=${text}, which is neither true nor false`
}

/** What disables this job: `NIGHTLY_ENABLED=false`; null where nothing does. */
export function switchedOff(job: string, env: Env): string | null {
  const variable = enabledVariable(job)
  return offReason(variable, env[variable])
}

/** What is wrong with the variable that would disable this job; null where it is true, false or not set. */
export function undecidedSwitch(job: string, env: Env): ManifestProblem | null {
  const variable = enabledVariable(job)
  const value = env[variable]?.trim() ?? ''
  return OFF.test(value) || ON.test(value) ? null : undecided(job, variable, value)
}

/**
 * Disables the jobs that the environment disables: `NIGHTLY_ENABLED=false` (`0`, `no` and `off` count too). It
 * can't enable what the manifest disables. A value that is neither true nor false disables the job as well, and is an
 * error. The environment is walked once, not once for each job: looking up a thousand names in `process.env` costs a
 * millisecond.
 */
export function applySwitches<M extends Pick<Manifest, 'jobs' | 'problems'>>(manifest: M, env: Env): M {
  const off = new Map<string, string>()
  for (const name of Object.keys(env)) {
    if (!name.endsWith('_ENABLED')) continue
    const reason = offReason(name, env[name])
    if (reason !== null) off.set(name, reason)
  }
  if (off.size === 0) return manifest
  const problems: ManifestProblem[] = []
  const jobs = manifest.jobs.map((job) => {
    const variable = enabledVariable(job.name)
    const reason = off.get(variable)
    if (reason === undefined) return job
    const value = env[variable]?.trim() ?? ''
    if (!OFF.test(value)) problems.push(undecided(job.name, variable, value))
    return job.enabled ? { ...job, enabled: false, disabledBy: reason } : job
  })
  return { ...manifest, jobs, problems: [...manifest.problems, ...problems] }
}

function undecided(job: string, variable: string, value: string): ManifestProblem {
  return {
    severity: 'error',
    code: 'INVALID_VALUE',
    job,
    path: 'the environment',
    message: `${variable} is ${JSON.stringify(value)}, which is neither true nor false`,
    hint: 'set it to true or false, or unset it; until then the job is disabled',
  }
}

/** The variable that disables a job: `send-newsletter` -> `SEND_NEWSLETTER_ENABLED`. */
export function enabledVariable(job: string): string {
  return `${job.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}_ENABLED`
}
