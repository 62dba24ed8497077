import type { Compilable, SchemaModule, sql } from 'kysely'
import { StoreError } from '../errors.ts'
import type { Dialect } from '../sql/dialect.ts'

/** The builder that a migration is written with. */
export interface MigrationTools {
  readonly dialect: Dialect
  readonly schema: SchemaModule
  readonly sql: typeof sql
}

/** Statements that copy a table: portion by portion, so that none of them takes long, or in one go. */
export interface Copying {
  readonly table: string
  /** The column by which portions are made; unique, or nearly so. */
  readonly key: string
  /** `range` says of a column that it lies in the portion; each statement asks it once. */
  statements(range: (column: string) => string): readonly string[]
}

export type MigrationStep = (tools: Pick<MigrationTools, 'dialect'>) => readonly string[] | Copying

/** One step of the tables' history. It may never change once it was released; what comes later is a further step. */
export interface Migration {
  /** 1, 2, 3, ... without gaps. */
  readonly version: number
  readonly name: string
  /** Finds nodes of the version before that have had a heartbeat since an instant: the migration is refused then. */
  readonly refusesLive?: string
  up(tools: MigrationTools): readonly (Compilable | string | MigrationStep)[]
}

/** The version of the tables that this program works with. Kept apart from the migrations: these cost time to load. */
export const LATEST = 2

/** Refuses tables of a later program: it may keep rules there that this one would break. */
export function refuseNewer(version: number, url: string): void {
  if (version <= LATEST) return
  throw new StoreError(
    'STORE_TOO_NEW',
    `the store ${url} has tables of version ${version}; this program knows version ${LATEST} and older`,
    { hint: 'update webstir-jobs here, as it was updated where the store was migrated, and build again' },
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
