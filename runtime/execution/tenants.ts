/** One customer of many, as the workspace's source gives it; its id may be a text or a number. */
export interface Tenant {
  readonly id: string | number
  readonly [property: string]: unknown
}

/** Values that columns are compared with. */
export type TenantConditions = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>

/** Where tenants come from; each method that narrows it down gives a new source. Anything async-iterable will do. */
export interface TenantSource extends AsyncIterable<Tenant> {
  where(conditions: TenantConditions): TenantSource
  whereNot(conditions: TenantConditions): TenantSource
  limit(count: number): TenantSource
  all(): Promise<Tenant[]>
}
