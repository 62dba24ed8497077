import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { JobsError, messageOf } from '../support/errors.ts'

/** One customer of many, as the workspace's source yields it. */
export interface Tenant {
  /** At most 200 characters as text. */
  readonly id: string | number
  readonly [property: string]: unknown
}

export type TenantValue = string | number | boolean | null

/** Columns and what they are compared with; an array means any of its values. */
export type TenantConditions = Readonly<Record<string, TenantValue | readonly TenantValue[]>>

/** Where tenants come from; each method that narrows it down returns a new source. */
export interface TenantSource extends AsyncIterable<Tenant> {
  where(conditions: TenantConditions): TenantSource
  whereNot(conditions: TenantConditions): TenantSource
  limit(count: number): TenantSource
  all(): Promise<Tenant[]>
}

/**
 * Codes: TENANTS_MISSING, TENANTS_SHAPE, TENANTS_FILTER, TENANTS_TABLE, TENANTS_ISOLATED,
 * TENANTS_NONE.
 */
export class TenantsError extends JobsError {}

/** A source over any sync or async iterable of tenants, or of their ids. */
export function tenantSource(items: AsyncIterable<unknown> | Iterable<unknown>): TenantSource {
  return narrowed({ items, what: 'the tenants' }, [], Number.POSITIVE_INFINITY)
}

type Condition = (tenant: Tenant) => boolean

interface Origin {
  readonly items: AsyncIterable<unknown> | Iterable<unknown>
  /** For messages. */
  readonly what: string
}

function narrowed(origin: Origin, conditions: readonly Condition[], most: number): TenantSource {
  const source: TenantSource = {
    async *[Symbol.asyncIterator]() {
      let count = 0
      if (most <= 0) return
      for await (const item of origin.items) {
        const tenant = checkedTenant(item, origin.what)
        if (!conditions.every((holds) => holds(tenant))) continue
        yield tenant
        // Before the next one is requested: the source need not produce one that is not used.
        if (++count >= most) return
      }
    },
    where: (wanted) => narrowed(origin, [...conditions, (tenant) => matches(tenant, wanted)], most),
    whereNot: (unwanted) => {
      if (Object.keys(unwanted).length === 0) return source
      return narrowed(origin, [...conditions, (tenant) => !matches(tenant, unwanted)], most)
    },
    limit: (count) => narrowed(origin, conditions, Math.min(most, count)),
    all: () => collect(source),
  }
  return source
}

async function collect(source: AsyncIterable<Tenant>): Promise<Tenant[]> {
  const tenants: Tenant[] = []
  for await (const tenant of source) tenants.push(tenant)
  return tenants
}

function matches(tenant: Tenant, conditions: TenantConditions): boolean {
  return Object.entries(conditions).every(([column, wanted]) => {
    const value = tenant[column]
    const any: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
    // A database may return 1 for true; both match.
    return any.some((one) => one === value || (typeof one === 'boolean' && Number(one) === value))
  })
}

/**
 * A tenant, from an object with an id or from an id alone. Throws TenantsError for anything else; `what` names where
 * it comes from.
 */
export function checkedTenant(item: unknown, what: string): Tenant {
  if (typeof item === 'string' || typeof item === 'number') return { id: checkedId(item, what) }
  if (item !== null && typeof item === 'object' && 'id' in item) return { ...item, id: checkedId(item.id, what) }
  const kind = item === null ? 'null' : typeof item
  throw new TenantsError('TENANTS_SHAPE', `${what}: a tenant must be an id or an object with an id, and is ${kind}`, {
    hint: 'yield objects such as { id: "acme" }',
  })
}

function checkedId(id: unknown, what: string): string | number {
  if (typeof id === 'number' && Number.isFinite(id)) return id
  if (typeof id === 'string' && id !== '' && id.length <= 200) return id
  const shown = typeof id === 'string' ? JSON.stringify(id.slice(0, 50)) : String(id)
  throw new TenantsError(
    'TENANTS_SHAPE',
    `${what}: a tenant's id must be a number or a text of 1 to 200 characters, and is ${shown}`,
    { hint: 'give each tenant a unique id' },
  )
}

/** Throws TenantsError where what was handed over as the option `tenants` can't be gone through. */
export function checkGivenTenants(given: unknown): void {
  const isIterable =
    given !== null && typeof given === 'object' && (Symbol.asyncIterator in given || Symbol.iterator in given)
  if (isIterable || isSource(given)) return
  const kind = given === null ? 'null' : typeof given === 'function' ? 'a function' : `of the type ${typeof given}`
  throw new TenantsError('TENANTS_SHAPE', `the option tenants is ${kind}, not a list or a source of tenants`, {
    hint: typeof given === 'function' ? 'call it: tenants: await listTenants()' : 'pass an array, or tenantsFrom(...)',
  })
}

/** What a source module or a tenantsFilter returned, as a source. `what` names it in the error. */
export function asTenantSource(given: unknown, what: string): TenantSource {
  if (isSource(given)) return given
  if (given !== null && typeof given === 'object' && (Symbol.asyncIterator in given || Symbol.iterator in given)) {
    return narrowed({ items: given as AsyncIterable<unknown>, what }, [], Number.POSITIVE_INFINITY)
  }
  throw new TenantsError('TENANTS_SHAPE', `${what} returned ${given === null ? 'null' : typeof given}, not tenants`, {
    hint: 'return the tenants, narrowed down: (tenants) => tenants.where({ active: true })',
  })
}

function isSource(given: unknown): given is TenantSource {
  return (
    given !== null &&
    typeof given === 'object' &&
    Symbol.asyncIterator in given &&
    'where' in given &&
    'whereNot' in given &&
    'limit' in given
  )
}

/** The default export of the workspace's src/backend/tenants.ts, or what it returns where it is a function. */
export async function openBuiltTenants(build: string): Promise<unknown> {
  const exports = await importTenants(join(build, 'tenants.js'))
  const given = exports.default ?? exports.tenants
  return typeof given === 'function' ? await given() : given
}

async function importTenants(file: string): Promise<{ default?: unknown; tenants?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    const what = existsSync(file)
      ? messageOf(error)
      : 'the build has no src/backend/tenants.ts, which "multiTenant" needs'
    throw new TenantsError('TENANTS_MISSING', `the workspace's tenants can't be loaded: ${what}`, {
      hint: 'export them from src/backend/tenants.ts ("webstir add-tenants" writes one), and build again',
      cause: error,
    })
  }
}
