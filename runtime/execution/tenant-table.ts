import type { DatabaseClient } from './database.ts'
import type { Tenant, TenantConditions, TenantSource, TenantValue } from './tenants.ts'

export interface TenantTableOptions {
  /** Default `tenants`. */
  readonly table?: string
  /** The column that identifies a tenant and that pages are cut by; default `id`. */
  readonly id?: string
  /** Rows read at once; default 500. */
  readonly pageSize?: number
}

interface Part {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/**
 * The tenants in a table of the workspace's database, read in pages in the order of their ids: a hundred thousand of
 * them are never in memory at once. Each iteration opens a client of its own and closes it at the end.
 */
export function tenantTable(
  open: () => DatabaseClient | Promise<DatabaseClient>,
  options: TenantTableOptions = {},
): TenantSource {
  return query(
    open,
    { table: options.table ?? 'tenants', id: options.id ?? 'id', pageSize: options.pageSize ?? 500 },
    [],
    undefined,
  )
}

function query(
  open: () => DatabaseClient | Promise<DatabaseClient>,
  options: Required<TenantTableOptions>,
  parts: readonly Part[],
  most: number | undefined,
): TenantSource {
  const source: TenantSource = {
    async *[Symbol.asyncIterator]() {
      const client = await open()
      try {
        yield* pages(client, options, parts, most ?? Number.POSITIVE_INFINITY)
      } finally {
        await client.close()
      }
    },
    where: (conditions) => query(open, options, [...parts, ...comparisons(conditions, false)], most),
    whereNot: (conditions) => query(open, options, [...parts, ...comparisons(conditions, true)], most),
    limit: (count) => query(open, options, parts, Math.min(count, most ?? count)),
    async all() {
      const tenants: Tenant[] = []
      for await (const tenant of source) tenants.push(tenant)
      return tenants
    },
  }
  return source
}

async function* pages(
  client: DatabaseClient,
  { table, id, pageSize }: Required<TenantTableOptions>,
  parts: readonly Part[],
  most: number,
): AsyncGenerator<Tenant> {
  let left = most
  let after: unknown
  for (;;) {
    const size = Math.min(pageSize, left)
    if (size <= 0) return
    const all = after === undefined ? parts : [...parts, { sql: `${quoted(id)} > ?`, parameters: [after] }]
    const where = all.length === 0 ? '' : ` where ${all.map(({ sql }) => `(${sql})`).join(' and ')}`
    const sql = `select * from ${quoted(table)}${where} order by ${quoted(id)} limit ${size}`
    const rows = await client.query<Tenant>(
      sql,
      all.flatMap(({ parameters }) => parameters),
    )
    for (const row of rows) yield id === 'id' ? row : { ...row, id: row[id] as string | number }
    left -= rows.length
    if (rows.length < size) return
    after = rows.at(-1)?.[id]
  }
}

function comparisons(conditions: TenantConditions, isNegated: boolean): Part[] {
  const parts = Object.entries(conditions).map(([column, wanted]) => comparison(column, wanted))
  if (!isNegated || parts.length === 0) return parts
  // Unlike SQL's own NOT, a row whose column is NULL doesn't match the condition, and so is left.
  const both = parts.map(({ sql }) => `(${sql})`).join(' and ')
  return [{ sql: `case when ${both} then 0 else 1 end = 1`, parameters: parts.flatMap(({ parameters }) => parameters) }]
}

function comparison(column: string, wanted: TenantValue | readonly TenantValue[]): Part {
  if (wanted === null) return { sql: `${quoted(column)} is null`, parameters: [] }
  if (isMany(wanted)) return { sql: `${quoted(column)} in (?)`, parameters: [wanted] }
  return { sql: `${quoted(column)} = ?`, parameters: [wanted] }
}

function isMany(wanted: TenantValue | readonly TenantValue[]): wanted is readonly TenantValue[] {
  return Array.isArray(wanted)
}

/** A name of a table or column as SQL takes it, whatever is in it. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}
