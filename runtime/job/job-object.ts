import type { PreCheckVerdict, StoreTransaction } from '../store/job-store.ts'
import { ownCopy } from '../support/copy.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import type { JobContext } from './job-context.ts'
import type { TenantSource } from './tenants.ts'

/** `this` of a job object's `run`: the context of the execution, and a copy of the object's own properties. */
export interface JobThis<Args extends readonly unknown[] = readonly JsonValue[]> extends JobContext<Args> {
  /** What a request would have carried: the tenant's id as a header. */
  readonly initialParams: { readonly _headers: Readonly<Record<string, string>> }
}

/** Runs inside the lock's transaction, before the execution starts, and may say that there is nothing to do. */
export type PreCheck = (
  context: JobContext,
  transaction: StoreTransaction,
) => Promise<PreCheckVerdict> | PreCheckVerdict

/** A job as an object: `export default { meta() {...}, async run() {...} } satisfies BackgroundJob`. */
export interface BackgroundJobShape {
  /** Declares schedules beside those of the manifest: `this.schedule('0 * * * *', ...args)`. Must not be async. */
  meta?(): void
  /** Runs once for each tenant; the manifest's `multiTenant` wins over it. */
  multiTenant?: boolean
  /** Returns the tenants that the job is for. */
  tenantsFilter?(tenants: TenantSource): unknown
  /** Runs in the lock's transaction, before `run`; may say that there is nothing to do. */
  preCheck?: PreCheck
  /** Called with the arguments of the schedule that fired, or of the call. */
  // biome-ignore lint/suspicious/noExplicitAny: each job says which arguments it takes
  run(...args: any[]): unknown
}

export type BackgroundJob = BackgroundJobShape &
  Record<string, unknown> &
  ThisType<JobThis & MetaContext & Record<string, unknown>>

/** The arguments that the `run` of an object takes. Its result is `any`, so as not to be inferred: it may depend on `this`. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type ArgumentsOf<Definition> = Definition extends { run(...args: infer Args): any } ? Args : never

/**
 * The same with full types: `this` knows the object's own properties, and `this.args` the arguments of `run`. Where the
 * result of a method depends on what another method of the object gives, TypeScript wants its type written down.
 */
export function defineJob<Definition>(
  definition: { [Key in keyof Definition]: Definition[Key] } & BackgroundJobShape &
    ThisType<JobThis<ArgumentsOf<Definition>> & MetaContext & Omit<Definition, keyof BackgroundJobShape>>,
): Definition & BackgroundJobShape {
  return definition
}

/** Calls `run` with a new `this` for each execution, so that what one sets on it is not seen by another. */
export function runObject(definition: BackgroundJobShape, context: JobContext, args: readonly unknown[]): unknown {
  return definition.run.apply(freshThis(definition, context), [...args])
}

/** The schedules that an object's `meta` declares. */
export function schedulesOf(definition: BackgroundJobShape): CodeSchedule[] {
  const { meta } = definition
  if (meta === undefined) return []
  return collectSchedules((context) => meta.call(Object.assign(copyOf(definition), context)))
}

/** What an object's `tenantsFilter` leaves; undefined where it has none. */
export function filterOf(definition: BackgroundJobShape): ((tenants: TenantSource) => unknown) | undefined {
  const { tenantsFilter } = definition
  return tenantsFilter === undefined ? undefined : (tenants) => tenantsFilter.call(copyOf(definition), tenants)
}

/** A schedule declared in code. `timezone` undefined: the job's. */
export interface CodeSchedule {
  readonly expression: string
  readonly timezone: string | undefined
  readonly args: readonly JsonValue[]
}

/** `this` inside `meta()`. */
export interface MetaContext {
  /** Declares one schedule; further values are passed to `run`. Zone: the job's, or `{ expression, timezone }`. */
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
          hint: `write this.schedule('0 0 * * *'), or this.schedule({ expression: '0 0 * * *', timezone: 'UTC' })`,
        })
      }
      for (const [index, value] of args.entries()) checkJson(value, `argument ${index + 1} of "${expression}"`)
      // A copy: meta() may change the values afterwards.
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

/** Throws for a value that JSON would not reproduce. */
export function checkJson(value: unknown, what: string): asserts value is JsonValue {
  const fault = notJson(value, '', new Set())
  if (fault === undefined) return
  throw new MetaError('ARGUMENTS_NOT_JSON', `${what} can't be kept as JSON: ${fault}`, {
    hint: 'pass texts, numbers, booleans, null, arrays and plain objects; a date as its ISO text',
  })
}

/** The context wins where the object has a property of the same name. */
function freshThis(definition: BackgroundJobShape, context: JobContext): JobThis & BackgroundJobShape {
  const target = copyOf(definition)
  // The context's getters (log, database) stay getters: they open what they give only when they are used.
  Object.defineProperties(target, Object.getOwnPropertyDescriptors(context))
  const headers: Record<string, string> = context.tenant === undefined ? {} : { 'x-tenant-id': context.tenant }
  return Object.assign(target, { initialParams: { _headers: headers } })
}

/** The object again, with a deep copy of what it owns; what it inherits (an instance of a class) it inherits still. */
function copyOf(definition: BackgroundJobShape) {
  const own = Object.fromEntries(Object.entries(definition).map(([key, value]) => [key, ownCopy(value)]))
  return Object.defineProperties(
    Object.create(Object.getPrototypeOf(definition)),
    Object.getOwnPropertyDescriptors(own),
  )
}

/** JavaScript may pass anything. */
function readGiven(given: unknown): { expression: unknown; timezone: unknown } {
  if (given === null || typeof given !== 'object') return { expression: given, timezone: undefined }
  const fields = new Map(Object.entries(given))
  return { expression: fields.get('expression'), timezone: fields.get('timezone') }
}

const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value)

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
