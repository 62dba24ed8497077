import { parseSchedule, ScheduleError } from '../../schedule/index.ts'
import type { Env } from '../../support/env.ts'
import { messageOf } from '../../support/errors.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../support/json.ts'
import { fill, fillText } from '../environment.ts'
import { scheduleKey } from '../job-schedule.ts'
import type { ManifestProblem } from '../problems.ts'
import type { JobSchedule } from '../types.ts'
import { scheduleEntrySchema } from './schema.ts'
import { schemaProblems, show, unknownKeys } from './schema-problems.ts'

/** What a schedule takes from its job by default, as written. */
interface Surroundings {
  readonly job: string
  readonly path: string
  readonly timezone: string
  readonly args: readonly JsonValue[]
  readonly env: Env
}

/**
 * Reads a job's `schedule`: a text, or an array of texts and objects. One that can't be read is kept with its
 * `problem`, so that listings show it and the others of the job run.
 */
export function readSchedules(
  written: JsonValue | undefined,
  around: Surroundings,
): { schedules: JobSchedule[]; problems: ManifestProblem[] } {
  if (written === undefined) return { schedules: [], problems: [] }
  const problems: ManifestProblem[] = []
  const schedules: JobSchedule[] = []
  const items = isArray(written) ? written : [written]
  for (const [index, item] of items.entries()) {
    const path = isArray(written) ? `${around.path}.schedule[${index}]` : `${around.path}.schedule`
    const found = problems.length
    const schedule = readSchedule(item, { ...around, path }, problems)
    const twin = schedules.findIndex(({ key }) => key === schedule.key)
    if (twin >= 0 && schedule.problem === null) {
      problems.push(
        problem(
          around.job,
          path,
          'DUPLICATE_SCHEDULE',
          `is the same as schedule[${twin}]`,
          'remove one, or give them different arguments',
        ),
      )
    }
    const broken = problems.slice(found).find(({ severity }) => severity === 'error')
    schedules.push(broken === undefined ? schedule : { ...schedule, problem: sentence(broken) })
  }
  return { schedules, problems }
}

function readSchedule(item: JsonValue, around: Surroundings, problems: ManifestProblem[]): JobSchedule {
  const { job, path, env } = around
  const own = isObject(item) ? readObject(item, around, problems) : {}
  const text = isObject(item) ? textOf(item.schedule) : textOf(item)
  const writtenZone = own.timezone ?? around.timezone
  const writtenArgs = own.args ?? around.args
  const expression = fillText(text, env)
  const timezone = fillText(writtenZone, env)
  const args = fill(writtenArgs, env)
  const schedule = {
    text,
    expression: expression.value,
    timezone: timezone.value,
    args: isArray(args.value) ? args.value : [],
    origin: 'manifest',
    key: scheduleKey(job, { text, timezone: writtenZone, args: writtenArgs }),
    problem: null,
    ...(isAsWritten(writtenZone, timezone.value, writtenArgs, args.value)
      ? {}
      : { written: { timezone: writtenZone, args: writtenArgs } }),
  } as const
  if (!isObject(item) && typeof item !== 'string') {
    problems.push(
      problem(
        job,
        path,
        'SCHEDULE',
        `must be a schedule such as "0 0 * * *", or an array of schedules, and is ${show(item)}`,
      ),
    )
    return schedule
  }
  const unset = [...expression.unset, ...timezone.unset, ...args.unset]
  for (const name of new Set(unset)) problems.push(unsetProblem(job, path, name))
  if (unset.length === 0 && (typeof item === 'string' || typeof item.schedule === 'string')) {
    const fault = scheduleProblem(schedule.expression, schedule.timezone)
    if (fault !== null) problems.push(problem(job, path, 'SCHEDULE', fault.message, fault.hint))
  }
  return schedule
}

function readObject(
  item: JsonObject,
  { job, path }: Surroundings,
  problems: ManifestProblem[],
): { timezone?: string; args?: readonly JsonValue[] } {
  problems.push(...unknownKeys(item, Object.keys(scheduleEntrySchema.shape), path, job))
  const parsed = scheduleEntrySchema.safeParse(item)
  if (!parsed.success) problems.push(...schemaProblems(parsed.error, item, path, job))
  return {
    ...(typeof item.timezone === 'string' ? { timezone: item.timezone } : {}),
    ...(isArray(item.args) ? { args: item.args } : {}),
  }
}

/** Why an expression can't be read in that zone; null where it can. */
export function scheduleProblem(
  expression: string,
  timezone: string,
): { message: string; hint: string | undefined } | null {
  try {
    parseSchedule(expression, { timezone })
    return null
  } catch (error) {
    if (error instanceof ScheduleError) return { message: `${show(expression)}: ${error.message}`, hint: error.hint }
    return { message: `${show(expression)}: ${messageOf(error)}`, hint: undefined }
  }
}

export function unsetProblem(job: string | null, path: string, variable: string): ManifestProblem {
  const hint = `set ${variable} in the environment or in .env, or write \${${variable}:-default}`
  return problem(job, path, 'UNSET_VARIABLE', `names the variable ${variable}, which is not set`, hint)
}

function problem(
  job: string | null,
  path: string,
  code: ManifestProblem['code'],
  message: string,
  hint?: string,
): ManifestProblem {
  return { severity: 'error', code, job, path, message, hint }
}

const sentence = ({ message, hint }: ManifestProblem): string => (hint === undefined ? message : `${message} (${hint})`)
const textOf = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null)

function isAsWritten(zone: string, filledZone: string, args: readonly JsonValue[], filledArgs: JsonValue): boolean {
  return zone === filledZone && JSON.stringify(args) === JSON.stringify(filledArgs)
}
