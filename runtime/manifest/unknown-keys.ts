import { didYouMean } from '../suggest.ts'
import type { ManifestProblem } from './job.ts'
import type { JsonObject } from './json-object.ts'

/** A warning for each key that the schema doesn't know. Such keys are kept in package.json, but nothing heeds them. */
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
      message: 'is no key that webstir knows; nothing heeds it',
      hint: didYouMean(key, known),
    }))
}
