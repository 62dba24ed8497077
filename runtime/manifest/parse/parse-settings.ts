import { isTimezone, suggestTimezone } from '../../schedule/index.ts'
import { parseDuration } from '../../support/duration.ts'
import type { Env } from '../../support/env.ts'
import { isObject, type JsonObject } from '../../support/json.ts'
import { DEFAULT_SETTINGS } from '../defaults.ts'
import { fill } from '../environment.ts'
import type { ManifestProblem } from '../problems.ts'
import type { SchedulerSettings } from '../types.ts'
import { schedulerSchema } from './schema.ts'
import { schemaProblems, show, unknownKeys } from './schema-problems.ts'

const PATH = 'webstir.scheduler'
const LEAST_STALE_AFTER = 1_000

/** Reads `webstir.scheduler`. A wrong value is an error, and the default is used instead. */
export function readSettings(
  written: JsonObject,
  env: Env,
): { settings: SchedulerSettings; problems: ManifestProblem[] } {
  const filled = fill(written, env)
  const problems = unknownKeys(written, Object.keys(schedulerSchema.shape), PATH, null)
  const fault = (path: string, code: 'UNSET_VARIABLE' | 'INVALID_VALUE', message: string, hint?: string) => {
    problems.push({ severity: 'error', code, job: null, path, message, hint })
  }
  for (const name of filled.unset) {
    fault(
      PATH,
      'UNSET_VARIABLE',
      `names the variable ${name}, which is not set`,
      `set ${name}, or write \${${name}:-default}`,
    )
  }
  let value = isObject(filled.value) ? filled.value : {}
  let parsed = schedulerSchema.safeParse(value)
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error, value, PATH, null))
    const wrong = new Set(parsed.error.issues.map((issue) => issue.path[0]))
    value = Object.fromEntries(Object.entries(value).filter(([key]) => !wrong.has(key)))
    parsed = schedulerSchema.safeParse(value)
  }
  const entry = parsed.success ? parsed.data : schedulerSchema.parse({})
  if (!isTimezone(entry.timezone)) {
    const near = suggestTimezone(entry.timezone)
    const hint = near === undefined ? 'use an IANA name such as Europe/Berlin, or UTC' : `did you mean ${near}?`
    fault(`${PATH}.timezone`, 'INVALID_VALUE', `is not a time zone: ${show(entry.timezone)}`, hint)
  }
  let staleAfter = parseDuration(entry.staleAfter) ?? DEFAULT_SETTINGS.staleAfter
  if (staleAfter < LEAST_STALE_AFTER) {
    fault(`${PATH}.staleAfter`, 'INVALID_VALUE', `must be at least 1s, and is ${show(entry.staleAfter)}`)
    staleAfter = LEAST_STALE_AFTER
  }
  const history = {
    keep: parseDuration(entry.history?.keep ?? '') ?? DEFAULT_SETTINGS.history.keep,
    maxPerJob: entry.history?.maxPerJob ?? DEFAULT_SETTINGS.history.maxPerJob,
  }
  const { timezone, concurrency, redact, hooks } = entry
  return { settings: { timezone, concurrency, staleAfter, history, redact, hooks }, problems }
}
