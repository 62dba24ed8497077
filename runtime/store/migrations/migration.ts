import type { Compilable, SchemaModule, sql } from 'kysely'
import { StoreError } from '../errors.ts'
import type { Dialect } from '../sql/dialect.ts'

/** The builder that a migration is written with. */
export interface MigrationTools {
  readonly dialect: Dialect
  readonly schema: SchemaModule
  readonly sql: typeof sql
}

/** One step of the tables' history. It may never change once it was released; what comes later is a further step. */
export interface Migration {
  /** 1, 2, 3, ... without gaps. */
  readonly version: number
  readonly name: string
  up(tools: MigrationTools): readonly Compilable[]
}

/** The version of the tables that this program works with. Kept apart from the migrations: these cost time to load. */
export const LATEST = 1

/** Refuses tables of a later program: it may keep rules there that this one would break. */
export function refuseNewer(version: number, url: string): void {
  if (version <= LATEST) return
  throw new StoreError(
    'STORE_TOO_NEW',
    `The store ${url} has tables of version ${version}; this program knows version ${LATEST} and older.`,
    { hint: 'Update webstir-jobs here, as it was updated where the store was migrated, and build again.' },
  )
}

/** The table of what was applied. */
export const HISTORY =
  'create table if not exists job_migration (version bigint primary key, name text not null, applied_at bigint not null)'

/** A migration, and when it was applied (ms since the epoch); null while it wasn't. */
export interface MigrationState {
  readonly version: number
  readonly name: string
  readonly appliedAt: number | null
}
