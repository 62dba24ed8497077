import type { ZodError } from 'zod'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../support/json.ts'
import { didYouMean, nearest } from '../../support/suggest.ts'
import type { ManifestProblem } from '../problems.ts'

/** What a schema found wrong with `value`, which is at `path`, in the words of the schema. */
export function schemaProblems(error: ZodError, value: JsonValue, path: string, job: string | null): ManifestProblem[] {
  return error.issues.map((issue) => {
    const place = issue.path.reduce<string>(
      (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
      path,
    )
    const found = issue.path.reduce<JsonValue | undefined>((outer, step) => childOf(outer, step), value)
    return {
      severity: 'error',
      code: 'INVALID_VALUE',
      job,
      path: place,
      message: `${issue.message}${found === undefined ? ', and is missing' : `, and is ${show(found)}`}`,
      hint: suggestion(issue, found),
    }
  })
}

function childOf(value: JsonValue | undefined, step: PropertyKey): JsonValue | undefined {
  if (isArray(value)) return value[Number(step)]
  return isObject(value) ? value[String(step)] : undefined
}

/** A JSON value as it is written, cut where it is long. */
export function show(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}

function suggestion(issue: ZodError['issues'][number], found: JsonValue | undefined): string | undefined {
  if (issue.code !== 'invalid_value' || typeof found !== 'string') return undefined
  const near = nearest(found, issue.values.map(String))
  return near === undefined ? undefined : `did you mean "${near}"?`
}

/** A warning for each key that the schema doesn't know. Such keys stay in package.json and have no effect. */
export function unknownKeys(
  value: JsonObject,
  known: readonly string[],
  path: string,
  job: string | null,
): ManifestProblem[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      severity: 'warning',
      code: 'UNKNOWN_KEY',
      job,
      path: `${path}.${key}`,
      message: 'is not a key that webstir knows, so it has no effect',
      hint: didYouMean(key, known),
    }))
}
