import { isTimezone, suggestTimezone } from '../../schedule/index.ts'
import { parseDuration } from '../../support/duration.ts'
import type { Env } from '../../support/env.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../support/json.ts'
import { defaultJob, priorityOf } from '../defaults.ts'
import { fill } from '../environment.ts'
import type { ManifestProblem } from '../problems.ts'
import type { Job } from '../types.ts'
import { readSchedules, unsetProblem } from './parse-schedules.ts'
import { type JobEntry, jobSchema, retrySchema } from './schema.ts'
import { schemaProblems, show, unknownKeys } from './schema-problems.ts'

/**
 * Reads one entry whose name was found good. Null where a value is wrong: what such a job should do would be a guess. Only what is wrong with a schedule leaves the job in place.
 */
export function readEntry(
  written: JsonObject,
  name: string,
  path: string,
  around: { readonly timezone: string; readonly writtenTimezone: string; readonly env: Env },
): { job: Job | null; problems: ManifestProblem[] } {
  const problems = [
    ...unknownKeys(written, Object.keys(jobSchema.shape), path, name),
    ...(isObject(written.retry)
      ? unknownKeys(written.retry, Object.keys(retrySchema.shape), `${path}.retry`, name)
      : []),
  ]
  const { schedule, ...plain } = written
  const filled = fillPlain(plain, name, path, around.env, problems)
  const parsed = jobSchema.safeParse(filled)
  if (!parsed.success) problems.push(...schemaProblems(parsed.error, filled, path, name))
  const entry = parsed.data
  if (entry?.timezone !== undefined && !isTimezone(entry.timezone)) {
    const near = suggestTimezone(entry.timezone)
    problems.push({
      severity: 'error',
      code: 'INVALID_VALUE',
      job: name,
      path: `${path}.timezone`,
      message: `is not a time zone: ${show(entry.timezone)}`,
      hint: near === undefined ? 'use an IANA name such as Europe/Berlin, or UTC' : `did you mean ${near}?`,
    })
  }
  if (entry !== undefined && parseDuration(entry.timeout) === 0) {
    const message = `must be at least 1ms, and is ${show(entry.timeout)}`
    const hint = 'leave it out for 15m; for no limit to speak of, write "365d"'
    problems.push({ severity: 'error', code: 'INVALID_VALUE', job: name, path: `${path}.timeout`, message, hint })
  }
  if (entry === undefined || problems.some(({ severity }) => severity === 'error')) return { job: null, problems }

  const read = readSchedules(schedule, {
    job: name,
    path,
    timezone: typeof written.timezone === 'string' ? written.timezone : around.writtenTimezone,
    args: isArray(written.args) ? written.args : [],
    env: around.env,
  })
  problems.push(...read.problems)
  const args = isArray(filled.args) ? filled.args : []
  const multiTenant = filled.multiTenant === undefined ? undefined : entry.multiTenant
  const job = { ...jobOf(entry, name, around.timezone, args), schedules: read.schedules, multiTenant }
  const isAsWritten = JSON.stringify(filled) === JSON.stringify(plain)
  if (isAsWritten) return { job, problems }
  const description = typeof written.description === 'string' ? written.description : undefined
  return { job: { ...job, written: { description, args: isArray(written.args) ? written.args : [] } }, problems }
}

/** Fills in everything but the name and the schedules, which parse-schedules.ts reads. */
function fillPlain(plain: JsonObject, name: string, path: string, env: Env, problems: ManifestProblem[]): JsonObject {
  const filled: Record<string, JsonValue> = {}
  for (const [key, value] of Object.entries(plain)) {
    if (key === 'name') {
      filled[key] = name
      continue
    }
    const { value: full, unset } = fill(value, env)
    for (const variable of new Set(unset)) problems.push(unsetProblem(name, `${path}.${key}`, variable))
    filled[key] = full
  }
  // A priority that comes from the environment is a text even where it is meant as a number.
  const { priority } = filled
  if (typeof priority === 'string' && priority !== plain.priority && /^-?\d+(?:\.\d+)?$/.test(priority)) {
    filled.priority = Number(priority)
  }
  return filled
}

function jobOf(entry: JobEntry, name: string, zone: string, args: readonly JsonValue[]): Job {
  const base = defaultJob(name, entry.timezone ?? zone)
  const { retry } = entry
  return {
    ...base,
    description: entry.description,
    priorityLabel: entry.priority,
    priority: priorityOf(entry.priority),
    args,
    enabled: entry.enabled,
    disabledBy: entry.enabled ? null : '"enabled": false in package.json',
    overlap: entry.overlap,
    catchUp: entry.catchUp,
    catchUpWindow: parseDuration(entry.catchUpWindow) ?? base.catchUpWindow,
    timeout: parseDuration(entry.timeout) ?? base.timeout,
    retry: {
      attempts: retry?.attempts ?? base.retry.attempts,
      delay: parseDuration(retry?.delay ?? '') ?? base.retry.delay,
      backoff: retry?.backoff ?? base.retry.backoff,
      maxDelay: parseDuration(retry?.maxDelay ?? '') ?? base.retry.maxDelay,
    },
    recover: entry.recover,
    jitter: parseDuration(entry.jitter) ?? base.jitter,
    after: entry.after,
    formerly: entry.formerly,
    isolation: entry.isolation,
    queue: entry.queue,
  }
}
