import type { Compilable, SchemaModule, sql } from 'kysely'
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
