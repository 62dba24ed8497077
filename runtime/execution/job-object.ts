import type { JsonValue } from '../json.ts'
import type { JobContext } from './context.ts'
import { type CodeSchedule, collectSchedules, type MetaContext } from './meta.ts'
import { ownCopy } from './own-copy.ts'
import type { TenantSource } from './tenants.ts'

/** `this` of a job object's `run`: the context of the execution, and a copy of the object's own properties. */
export interface JobThis<Args extends readonly unknown[] = readonly JsonValue[]> extends JobContext<Args> {
  /** What a request would have carried along: the tenant's id as a header. */
  readonly initialParams: { readonly _headers: Readonly<Record<string, string>> }
}

/** A job as an object: `export default { meta() {...}, async run() {...} } satisfies BackgroundJob`. */
export interface BackgroundJobShape {
  /** Declares schedules beside those of the manifest: `this.schedule('0 * * * *', ...args)`. Must not be async. */
  meta?(): void
  /** Runs once for each tenant; the manifest's `multiTenant` wins over it. */
  multiTenant?: boolean
  /** Leaves the tenants that the job is for. */
  tenantsFilter?(tenants: TenantSource): unknown
  /** Gets the values that its schedule passes. */
  // biome-ignore lint/suspicious/noExplicitAny: each job says which arguments it takes
  run(...args: any[]): unknown
}

export type BackgroundJob = BackgroundJobShape &
  Record<string, unknown> &
  ThisType<JobThis & MetaContext & Record<string, unknown>>

/** The arguments that the `run` of an object takes. Its result is `any` so that nobody asks for it: it may depend on `this`. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type ArgumentsOf<Definition> = Definition extends { run(...args: infer Args): any } ? Args : never

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

/** What is called on the object: `this` is made anew for each execution, so that nothing set on it is seen by another. */
export function runObject(definition: BackgroundJobShape, context: JobContext): unknown {
  return definition.run.apply(freshThis(definition, context), [...context.args])
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
