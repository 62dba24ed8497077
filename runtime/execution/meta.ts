import { JobsError } from '../errors.ts'
import type { JsonValue } from '../json.ts'
import { ownCopy } from './own-copy.ts'

/** A schedule declared in code. `timezone` undefined: the job's. */
export interface CodeSchedule {
  readonly expression: string
  readonly timezone: string | undefined
  readonly args: readonly JsonValue[]
}

/** `this` inside `meta()`. */
export interface MetaContext {
  /** Declares one line of fires; further values are passed to `run`. Zone: the job's, or `{ expression, timezone }`. */
  schedule(schedule: string | { readonly expression: string; readonly timezone: string }, ...args: JsonValue[]): void
}

/** A `meta()` that can't be used. Codes: META_SCHEDULE, META_ARGUMENTS, META_ASYNC. */
export class MetaError extends JobsError {}

/** What a `meta` function declares when it is called with a MetaContext. */
export function collectSchedules(declare: (meta: MetaContext) => unknown): CodeSchedule[] {
  const declared: CodeSchedule[] = []
  const result = declare({
    schedule(given, ...args) {
      const { expression, timezone } = readGiven(given)
      if (typeof expression !== 'string' || (timezone !== undefined && typeof timezone !== 'string')) {
        throw new MetaError('META_SCHEDULE', `this.schedule() was given ${kindOf(given)}, not an expression`, {
          hint: `such as this.schedule('0 0 * * *'), or this.schedule({ expression: '0 0 * * *', timezone: 'UTC' })`,
        })
      }
      for (const [index, value] of args.entries()) checkJson(value, `argument ${index + 1} of "${expression}"`)
      // A copy: what meta() does with the values afterwards is not meant.
      declared.push({ expression, timezone, args: ownCopy(args) })
    },
  })
  if (result instanceof Promise) {
    result.catch(() => {})
    throw new MetaError('META_ASYNC', 'meta() is async, so its schedules are not known when it returns', {
      hint: 'declare the schedules without await; read what they depend on from the environment',
    })
  }
  return declared
}

/** From JavaScript, anything may be given. */
function readGiven(given: unknown): { expression: unknown; timezone: unknown } {
  if (given === null || typeof given !== 'object') return { expression: given, timezone: undefined }
  const fields = new Map(Object.entries(given))
  return { expression: fields.get('expression'), timezone: fields.get('timezone') }
}

const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value)

/** Throws where a value wouldn't come back from JSON as it is. */
export function checkJson(value: unknown, what: string): asserts value is JsonValue {
  const fault = notJson(value, '', new Set())
  if (fault === undefined) return
  throw new MetaError('ARGUMENTS_NOT_JSON', `${what} can't be kept as JSON: ${fault}`, {
    hint: 'pass texts, numbers, booleans, null, arrays and plain objects; a date as its ISO text',
  })
}

function notJson(value: unknown, path: string, seen: Set<object>): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  const place = path === '' ? 'it' : path
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${place} is ${value}`
  if (value === undefined) return `${place} is undefined`
  if (typeof value !== 'object') return `${place} is a ${typeof value}`
  if (seen.has(value)) return `${place} contains itself`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return `${place} is a ${value.constructor?.name ?? 'special object'}`
  }
  seen.add(value)
  for (const [key, item] of Object.entries(value)) {
    const fault = notJson(item, path === '' ? key : `${path}.${key}`, seen)
    if (fault !== undefined) return fault
  }
  seen.delete(value)
  return undefined
}
