import { messageOf } from '../support/errors.ts'
import type { DatabaseClient } from './database.ts'
import { type Tenant, type TenantConditions, type TenantSource, TenantsError, type TenantValue } from './tenants.ts'

export interface TenantTableOptions {
  /** Default `tenants`. */
  readonly table?: string
  /** The column that identifies a tenant and that pages are cut by; default `id`. */
  readonly id?: string
  /** Rows read at once; default 500. */
  readonly pageSize?: number
}

/** What the tenants are read with: the client of the workspace's createDatabaseClient, or anything else that can query. */
export type TenantClient = Pick<DatabaseClient, 'query' | 'close'>
type OpenTenants = () => TenantClient | Promise<TenantClient>

interface Part {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/**
 * The tenants in a table of the workspace's database, read in pages in the order of their ids: a hundred thousand of
 * them are never in memory at once. Each iteration opens a new client and closes it at the end.
 */
export function tenantTable(
  open: () => TenantClient | Promise<TenantClient>,
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
  open: OpenTenants,
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
    where: (conditions) => query(open, options, [...parts, ...comparisons(options.table, conditions, false)], most),
    whereNot: (conditions) => query(open, options, [...parts, ...comparisons(options.table, conditions, true)], most),
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
  client: TenantClient,
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
    const parameters = all.flatMap((part) => part.parameters)
    const rows = await client.query<Tenant>(sql, parameters).catch((error: unknown) => {
      throw unreadable(table, error)
    })
    for (const row of rows) yield id === 'id' ? row : { ...row, id: row[id] as string | number }
    left -= rows.length
    if (rows.length < size) return
    after = rows.at(-1)?.[id]
  }
}

function unreadable(table: string, cause: unknown): TenantsError {
  const message = messageOf(cause)
  const hint = MISSING_TABLE.test(message)
    ? `create the table, with a column "id", or name another one in src/backend/tenants.ts: tenantTable(createDatabaseClient, { table: '...' })`
    : 'see that the database can be reached, and that the table has the columns that the tenants are narrowed down by'
  return new TenantsError('TENANTS_TABLE', `the tenants can't be read from the table "${table}": ${message}`, {
    hint,
    cause,
  })
}

/** As SQLite and PostgreSQL say it. */
const MISSING_TABLE = /no such table|relation .* does not exist/

function comparisons(table: string, conditions: TenantConditions, isNegated: boolean): Part[] {
  const parts = Object.entries(conditions).map(([column, wanted]) => comparison(columnOf(table, column), wanted))
  if (!isNegated || parts.length === 0) return parts
  // Unlike SQL's own NOT, a row whose column is NULL doesn't match the condition, and so is left.
  const both = parts.map(({ sql }) => `(${sql})`).join(' and ')
  return [{ sql: `case when ${both} then 0 else 1 end = 1`, parameters: parts.flatMap(({ parameters }) => parameters) }]
}

function comparison(name: string, wanted: TenantValue | readonly TenantValue[]): Part {
  const any = isMany(wanted) ? wanted : [wanted]
  const flags = any.flatMap((value) => (typeof value === 'boolean' ? AS_TEXT[`${value}`] : []))
  const values = any.filter((value) => value !== null && typeof value !== 'boolean')
  const ways: Part[] = []
  // In SQL, NULL is neither equal to NULL nor in a list that holds it.
  if (any.includes(null)) ways.push({ sql: `${name} is null`, parameters: [] })
  if (flags.length > 0) ways.push({ sql: `cast(${name} as text) in (?)`, parameters: [flags] })
  if (values.length > 0) ways.push({ sql: `${name} in (?)`, parameters: [values] })
  if (ways.length === 0) return { sql: '1 = 0', parameters: [] }
  return { sql: ways.map(({ sql }) => sql).join(' or '), parameters: ways.flatMap(({ parameters }) => parameters) }
}

/** A flag may be kept as a boolean or as 1 and 0, and PostgreSQL compares neither with the other. */
const AS_TEXT = { true: ['true', '1'], false: ['false', '0'] } as const

function isMany(wanted: TenantValue | readonly TenantValue[]): wanted is readonly TenantValue[] {
  return Array.isArray(wanted)
}

/** With its table: SQLite may take a bare name in double quotes that is not a column for a string, and match no row. */
function columnOf(table: string, column: string): string {
  return quoted(column.includes('.') ? column : `${table}.${column}`)
}

/** A name of a table or column as SQL takes it, whatever is in it. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}
